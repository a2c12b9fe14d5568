"""What `/metrics` says of money: balances, payments, what stands still; and whether the ledger is what was booked."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from contracts.ids import ProjectId
from services.chassis.figures import LOOK, Figures
from services.chassis.jobs import Job
from services.chassis.metrics import tell
from services.stipends import metrics
from services.stipends.store import StipendsStore

log = structlog.get_logger()

MOVED_WITHIN: Final = timedelta(days=7)
"""After so long without a step an installment stands still."""
THROUGH_WITHIN: Final = timedelta(days=3)
"""After so long a payment that could be made stands still; a bank takes a day or two."""
EVERY: Final = 3600.0
"""Seconds from the beginning of one walk over the whole ledger to that of the next."""


def figures(data: StipendsStore, clock: Callable[[], datetime]) -> Figures:
    async def count() -> None:
        balances, sums = await data.budgets.balances(), await data.payments.sums()
        installments = await data.stipends.count_waiting_since(clock() - MOVED_WITHIN)
        payments = await data.payments.count_stuck(clock() - THROUGH_WITHIN)
        tell(metrics.BALANCES, balances)
        tell(metrics.PAYMENTS, {(status, amount.currency): count for status, count, amount in sums})
        tell(metrics.PAYMENTS_SUM, {(status, amount.currency): amount.amount_minor for status, _, amount in sums})
        tell(metrics.STANDING_STILL, {"installment": installments, "payment": payments})

    return Figures(count, metrics.BALANCES, metrics.PAYMENTS, metrics.PAYMENTS_SUM, metrics.STANDING_STILL)


class Audit:
    """Walks every project's postings, one project after the other, again and again, beside the running service."""

    def __init__(self, data: StipendsStore, clock: Callable[[], datetime]) -> None:
        self._data = data
        self._clock = clock
        self._begin(float("-inf"), [])

    def _begin(self, at: float, projects: list[ProjectId]) -> None:
        self._begun, self._left = at, projects
        self._found = Counter({"sound": 0, "broken": 0})

    @property
    def job(self) -> Job:
        return Job("audit", self.work, pause=LOOK, lost=self.forget, only_reads=True)

    async def work(self) -> bool:
        """Walk the next project, if a walk is on or due; says whether it goes on."""
        if not self._left:
            if time.monotonic() - self._begun < EVERY:
                return False
            self._begin(time.monotonic(), await self._data.auditor.projects())
        if self._left:
            await self._verify(self._left[-1])
            self._left.pop()
        if not self._left:
            tell(metrics.CHAINS, self._found)
            metrics.VERIFIED.set(self._clock().timestamp())
        return bool(self._left)

    async def _verify(self, project: ProjectId) -> None:
        found = await self._data.auditor.verify(project)
        if found.fault:
            log.critical("ledger broken", project=project, fault=found.fault)
        self._found["broken" if found.fault else "sound"] += 1

    def forget(self) -> None:
        self._begin(float("-inf"), [])
        metrics.CHAINS.clear()
