"""The way of an installment from earned to ordered: asked for, approved or declined, held and released."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from contracts.ids import StipendId
from contracts.stipends import InstallmentStatus
from services.chassis.domain import Actor, Change
from services.stipends.domain import claim
from services.stipends.domain import payment as payments
from services.stipends.domain.stipend import Stipend
from services.stipends.store.kept import Kept


class Claiming(Kept):
    async def request(self, id: StipendId, number: int, *, by: Actor, at: datetime) -> Stipend:
        async def work() -> Stipend:
            stipend = await self.stipend_open_to(by, id)
            payee = await self.payees.find_one({"_id": stipend.mentee_id})
            return await self.stipends.change(id, claim.request, number, payee=payee, by=by, at=at)

        return await self._store.transaction(work)

    async def approve(self, id: StipendId, number: int, *, by: Actor, at: datetime) -> Stipend:
        """Approve an installment and order its payment; over the limit a second approver does that."""
        return await self._approve(id, number, partial(claim.approve, limit=self._limit), by=by, at=at)

    async def second(self, id: StipendId, number: int, *, by: Actor, at: datetime) -> Stipend:
        """Approve what another approved already, and order its payment."""
        return await self._approve(id, number, claim.second, by=by, at=at)

    async def _approve(
        self, id: StipendId, number: int, decide: Callable[..., Change[Stipend]], *, by: Actor, at: datetime
    ) -> Stipend:
        async def work() -> Stipend:
            stipend = await self.stipend_open_to(by, id)
            project = await self._project_of(stipend)
            payee = await self.payees.get(stipend.mentee_id or "")
            approved = await self.stipends.change(id, decide, number, project=project, payee=payee, by=by, at=at)
            if approved.installment(number).status is InstallmentStatus.APPROVED:
                await self.paying.order(approved, number, by=by, at=at)
            return approved

        return await self._store.transaction(work)

    async def decline(self, id: StipendId, number: int, reason: str, *, by: Actor, at: datetime) -> Stipend:
        async def work() -> Stipend:
            project = await self._project_of(await self.stipend_open_to(by, id))
            return await self.stipends.change(id, claim.decline, number, reason, project=project, by=by, at=at)

        return await self._store.transaction(work)

    async def hold(self, id: StipendId, number: int, reason: str, *, by: Actor, at: datetime) -> Stipend:
        """Hold an installment, and its payment where one was ordered."""

        async def work() -> Stipend:
            held = await self.stipends.change(id, claim.hold, number, reason, by=by, at=at)
            part = held.installment(number)
            if part.held_from is InstallmentStatus.APPROVED:
                await self.payments.change(payments.reference(id, part), payments.hold_back)
            return held

        return await self._store.transaction(work)

    async def release(self, id: StipendId, number: int, *, by: Actor, at: datetime) -> Stipend:
        async def work() -> Stipend:
            released = await self.stipends.change(id, claim.release, number, by=by, at=at)
            part = released.installment(number)
            if part.status is InstallmentStatus.APPROVED:
                await self.payments.change(payments.reference(id, part), payments.let_go, at=at)
            return released

        return await self._store.transaction(work)
