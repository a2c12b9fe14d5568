"""What happens between an approval and money at the mentee's: payees, orders, and the provider's word."""

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from contracts.ids import AccountId
from contracts.stipends import InstallmentStatus
from services.chassis.domain import Actor, system
from services.chassis.store import Store
from services.stipends.domain import batch as batches
from services.stipends.domain import payee as payees
from services.stipends.domain import payment as payments
from services.stipends.domain.batch import Answer, Batch, Noted
from services.stipends.domain.ledger import Budget, Posting
from services.stipends.domain.payee import Details, Kind, Payee
from services.stipends.domain.payment import Payment, Report, ReportContradicts
from services.stipends.domain.stipend import Stipend
from services.stipends.store.letters import Correspondence
from services.stipends.store.payees import Payees
from services.stipends.store.stipends import Batches, Payments, Stipends

BY_ITSELF: Final = system("stipends")
MOST: Final = 100
"""Payments in one batch, so that its transaction stays short."""
Check = Callable[[Batch, Sequence[Payment]], None]


class Paying:
    def __init__(
        self,
        store: Store,
        repositories: tuple[Stipends, Payees, Payments, Batches],
        letters: Correspondence,
        book: Callable[[Posting], Awaitable[Budget]],
    ) -> None:
        self._store = store
        self._stipends, self._payees, self._payments, self._batches = repositories
        self._letters = letters
        self._book = book

    async def describe(self, id: AccountId, details: Details, *, at: datetime) -> Payee:
        """Keep where a person is paid, and write to them where it was changed."""

        async def work() -> Payee:
            payee, changed = await self._payees.describe(id, details, at=at)
            if changed and payee.payable_from:
                payable_from = f"{payee.payable_from:%Y-%m-%d %H:%M} UTC"
                await self._letters.tell_of_payee(id, account=payee.account, payable_from=payable_from)
            return payee

        return await self._store.transaction(work)

    async def confirm(self, id: AccountId, *, by: Actor, at: datetime) -> Payee:
        """Confirm where to pay; what failed or came back from elsewhere is ordered again."""

        async def work() -> Payee:
            before = await self._payees.get(id)
            payee = await self._payees.change(id, payees.confirm, at=at)
            for failed in await self._payments.to_correct(payee) if not before.confirmed else ():
                await self.retry(failed.id, by=by, at=at)
            return payee

        return await self._store.transaction(work)

    async def order(self, stipend: Stipend, number: int, *, by: Actor, at: datetime) -> Payment:
        where = await self._payees.get(stipend.mentee_id or "")
        return await self._payments.add(payments.order(stipend, number, where, by=by, at=at))

    async def retry(self, id: str, *, by: Actor, at: datetime) -> Payment:
        """Leave a failed payment behind and order a new one, to where the mentee is paid now."""

        async def work() -> Payment:
            failed = await self._payments.change(id, payments.give_up)
            payee = await self._payees.get(failed.payee_id)
            payable_from = payee.payable_from_after(at)
            stipend = await self._stipends.change(failed.stipend_id, payments.retry, failed, payable_from=payable_from)
            return await self.order(stipend, failed.number, by=by, at=at)

        return await self._store.transaction(work)

    async def note(self, report: Report, *, at: datetime) -> Payment:
        """Note the provider's word: the payment, its installment and the money move together, step by step."""

        async def work() -> Payment:
            payment = await self._payments.get(report.reference)
            discreet = self._payees.discreet(report, payment)
            for status in payment.walk(report):
                payment = await self._advance(payment, status, discreet, at)
            return payment

        return await self._store.transaction(work)

    async def export(self, id: str, kinds: AbstractSet[Kind], check: Check, *, by: Actor, at: datetime) -> Batch:
        """Put what is due and goes to accounts of these kinds into a batch; `check` may still refuse it."""

        async def work() -> Batch:
            due = await self._payments.to_export(at, limit=MOST)
            going = [one for one in due if self._payees.opened(one.payee_id, one.sealed).kind in kinds]
            batch = await self._batches.add(batches.export(id, going, by=by, at=at))
            check(batch, going)
            for one in going:
                await self._payments.change(one.id, payments.put_into, id)
                report = Report(reference=one.id, status="processing", provider_id=batches.short(one.id))
                await self.note(report, at=at)
            return batch

        return await self._store.transaction(work)

    async def hear_bank(self, answer: Answer, *, at: datetime) -> Sequence[Noted]:
        """Note what the bank says of one payment, or of each payment of a batch; what does not fit is told."""
        payments = await self._payments.find({"provider_id": answer.name})
        if batch := await self._batches.find_one({"message_id": answer.name}):
            payments = [await self._payments.get(id) for id in batch.payments]
        if not payments:
            return [Noted(name=answer.name, words="This is none of our payments; nothing was noted.")]
        return [await self._heard(answer, payment, at) for payment in payments]

    async def _heard(self, answer: Answer, payment: Payment, at: datetime) -> Noted:
        told = {"name": answer.name, "reference": payment.id}
        try:
            noted = await self.note(answer.about(payment), at=at)
        except ReportContradicts as contradiction:
            return Noted(**told, status=payment.status, words=f"{contradiction} Nothing was noted.")
        return Noted(**told, status=noted.status, words=f"It is {noted.status}.")

    async def _advance(self, before: Payment, to: InstallmentStatus, report: Report, at: datetime) -> Payment:
        after = await self._payments.change(before.id, payments.advance, to, report, at=at)
        booked = payments.posting(before, after, by=BY_ITSELF, at=at)
        await self._stipends.change(after.stipend_id, payments.keep_up, after, booked, by=BY_ITSELF, at=at)
        if booked is not None:
            await self._book(booked)
        return after
