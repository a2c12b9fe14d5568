"""Where stipends and budgets move together: each in one transaction, whoever waits for money served in turn."""

from datetime import datetime

from contracts.ids import ProjectId, StipendId
from contracts.money import Money
from services.chassis.domain import Actor
from services.stipends.domain import facts, undecided
from services.stipends.domain import policy as policies
from services.stipends.domain import stipend as decisions
from services.stipends.domain.facts import Hear
from services.stipends.domain.ledger import NOTHING, Budget, Posting
from services.stipends.domain.stipend import Means, Stipend
from services.stipends.store.kept import BY_ITSELF, Kept


class Funding(Kept):
    async def fund(self, posting: Posting) -> Budget:
        """Book money that arrived or that goes back, and reserve what is there for those who wait for it.

        Raises `Overdrawn` where more is to go back than nothing is reserved of.
        """

        async def work() -> Budget:
            booked = await self._book(posting, await self._budget(posting.project_id))
            served = await self._serve_those_who_wait(posting.project_id, posting.at)
            return await self.budgets.get(posting.project_id) if served else booked

        return await self._store.transaction(work)

    async def hear(self, id: StipendId, hear: Hear) -> None:
        """Take note of a fact about a stipend, made by the first one, and let everything follow that follows."""

        async def work() -> None:
            known = await self.stipends.find_one({"_id": id})
            before = known or Stipend(id=id, version=0)
            heard = hear(before)
            if heard != before:
                await self._follow(heard, hear, is_new=known is None, at=self._clock())

        await self._store.transaction(work)

    async def decide(self, id: StipendId, amount: Money, explanation: str, *, by: Actor, at: datetime) -> Stipend:
        """Give an undecided stipend its amount; the budget follows, and who waits is served in turn."""

        async def work() -> Stipend:
            before = await self.stipends.get(id)
            means = await self._means(before)
            decided = await self.stipends.change(id, undecided.decide, amount, explanation, means=means, by=by, at=at)
            await self._let_money_follow(before.reserved, decided, at)
            await self._serve_those_who_wait(decided.project_id or ProjectId(""), at)
            return await self.stipends.get(id)

        return await self._store.transaction(work)

    async def _follow(self, heard: Stipend, hear: Hear, *, is_new: bool, at: datetime) -> None:
        means = await self._means(heard)
        if is_new:
            first = facts.follow(Stipend(id=heard.id, version=0), hear, means, by=BY_ITSELF, at=at)
            followed = await self.stipends.add(first)
        else:
            followed = await self.stipends.change(heard.id, facts.follow, hear, means, by=BY_ITSELF, at=at)
        await self._let_money_follow(heard.reserved, followed, at)
        if followed.project_id is not None:
            await self._serve_those_who_wait(followed.project_id, at)

    async def _means(self, stipend: Stipend) -> Means:
        """Say what the project offers, and what of its money is free for this stipend, whose turn may not have come."""
        policy = await self.policies.find_one({"_id": stipend.project_id})
        country = stipend.mentorship.country if stipend.mentorship else ""
        accepted = stipend.accepted_at or self._clock()
        offer = policies.offer(policy, await self.schedules.all(), country, accepted.date())
        if stipend.project_id is None or not (offer.pays or stipend.amount):
            return Means(offer=offer)
        budget = await self.budgets.reckon_with(stipend.project_id)
        first = await self.stipends.next_in_line(stipend.project_id)
        return Means(offer=offer, free=budget.available if stipend.goes_before(first) else NOTHING)

    async def _serve_those_who_wait(self, project_id: ProjectId, at: datetime) -> bool:
        """Reserve for one after the other in the order of acceptance, until one does not fit; says whether for any."""
        served_any = False
        while first := await self.stipends.next_in_line(project_id):
            means = await self._means(first)
            if means.free < first.missing:
                break
            served = await self.stipends.change(first.id, decisions.settle, means, by=BY_ITSELF, at=at)
            await self._let_money_follow(first.reserved, served, at)
            served_any = True
        return served_any

    async def _let_money_follow(self, reserved_before: Money, stipend: Stipend, at: datetime) -> None:
        """Book what a change reserved or released, then tell what is earned by it."""
        booked = decisions.posting(reserved_before, stipend, by=BY_ITSELF, at=at)
        if booked is not None:
            await self._book(booked)
        for number in stipend.earned:
            await self.stipends.change(stipend.id, decisions.earn, number, by=BY_ITSELF, at=at)

    async def _budget(self, project_id: ProjectId) -> Budget:
        """Give the budget that is about to be booked to, and so meets whoever else books to it. Raises `NotYetKnown`.

        A project that has a budget is known.
        """
        if budget := await self.budgets.find_one({"_id": project_id}):
            return budget
        await self.project(project_id)
        return await self.budgets.reckon_with(project_id)
