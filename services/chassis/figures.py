"""What `/metrics` says of the store as a whole: counted now and then, by the one replica that has the lease."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import Gauge

from services.chassis.jobs import Job

EVERY: Final = 30.0
"""Seconds between counts."""
LOOK: Final = 3.0
"""Seconds; less than a lease lasts, so that it stays with whoever has counted."""


class Figures:
    """Counts what `count` counts into these gauges; while another replica does, this one's say nothing."""

    def __init__(self, count: Callable[[], Awaitable[None]], *gauges: Gauge) -> None:
        self._count = count
        self._gauges = gauges
        self._counted = float("-inf")

    @property
    def job(self) -> Job:
        return Job("figures", self.work, pause=LOOK, lost=self.forget, only_reads=True)

    async def work(self) -> bool:
        if time.monotonic() - self._counted > EVERY:
            await self._count()
            self._counted = time.monotonic()
        return False

    def forget(self) -> None:
        self._counted = float("-inf")
        for gauge in self._gauges:
            gauge.clear()
