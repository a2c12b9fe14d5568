"""Asks the provider for what was approved, looks up what it left unsaid, and has its word noted.

Nothing here is in a transaction: if the process ends between asking and noting, the next round looks it up, and asks
with the same key only for what the provider does not know.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from contracts.stipends import InstallmentStatus
from services.chassis.domain import NotInThisState
from services.chassis.vault import SealBroken
from services.stipends.domain import payment as payments
from services.stipends.domain.payment import Payment, Report, ReportContradicts
from services.stipends.provider import Order, Payer, ProviderAway
from services.stipends.store import StipendsStore

log = structlog.get_logger()

AT_ONCE: Final = 10


class Cashier:
    def __init__(self, data: StipendsStore, provider: Payer, clock: Callable[[], datetime]) -> None:
        self._data = data
        self._provider = provider
        self._clock = clock

    async def work(self) -> bool:
        """See to the payments that are due; says whether there were any."""
        due = await self._data.payments.due(self._clock(), limit=AT_ONCE)
        for payment in due:
            if ready := await self._made_ready(payment):
                await self._see_to(ready, asked_before=payment.sending)
        return bool(due)

    async def _made_ready(self, payment: Payment) -> Payment | None:
        """Have it stored that the provider is about to be asked; finance may have held it a moment ago."""
        if payment.sending:
            return payment
        try:
            return await self._data.payments.change(payment.id, payments.send)
        except NotInThisState:
            log.info("payment held back", payment=payment.id)
            return None

    async def _see_to(self, payment: Payment, *, asked_before: bool) -> None:
        try:
            report = await self._ask(payment, asked_before=asked_before)
            noted = await self._data.paying.note(report, at=self._clock()) if report else payment
        except (ProviderAway, ReportContradicts, SealBroken) as error:
            log.warning("payment not settled", payment=payment.id, error=f"{type(error).__name__}: {error}")
            noted = payment
        if noted.status is payment.status:
            await self._data.payments.change(payment.id, payments.postpone, at=self._clock())

    async def _ask(self, payment: Payment, *, asked_before: bool) -> Report | None:
        """Have it paid; whatever may have been asked for before is looked up first, never asked for blindly."""
        report = await self._provider.look_up(payment.id) if asked_before else None
        if report is None and payment.status is InstallmentStatus.APPROVED:
            where = self._data.payees.opened(payment.payee_id, payment.sealed)
            return await self._provider.pay(Order(payment.id, payment.amount, where))
        if report is None:
            log.error("the provider does not know a payment that it took", payment=payment.id)
        return report
