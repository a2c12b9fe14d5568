"""What stipends keeps: policies, budgets and their postings, stipends, payees and payments; copies of projects."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from contracts.ids import ProjectId, StipendId, TermId
from contracts.money import Country, Money
from contracts.projects import ProjectEvent
from contracts.stipends import InstallmentStatus
from services.chassis.domain import Actor, Change, NotYetKnown, system
from services.chassis.mongo import IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Projection, Repository, Store
from services.stipends.domain import claim, facts, ledger, undecided
from services.stipends.domain import payment as payments
from services.stipends.domain import policy as policies
from services.stipends.domain import schedule as tables
from services.stipends.domain import stipend as decisions
from services.stipends.domain.batch import Batch, BatchUnknown
from services.stipends.domain.facts import Hear
from services.stipends.domain.forecast import Forecast, forecast
from services.stipends.domain.ledger import NOTHING, Budget, Posting
from services.stipends.domain.overdue import Overdue, overdue
from services.stipends.domain.payee import Accepted
from services.stipends.domain.payment import Payment, PaymentUnknown
from services.stipends.domain.policy import Offer, PolicyUnknown, StipendPolicy, Terms
from services.stipends.domain.project import KnownProject, ProjectUnknown
from services.stipends.domain.schedule import AmountChange, Schedule
from services.stipends.domain.statement import Statement, statement
from services.stipends.domain.stipend import Means, Stipend, StipendUnknown
from services.stipends.settings import Settings
from services.stipends.store.audit import Auditor
from services.stipends.store.budgets import Budgets, Postings
from services.stipends.store.letters import Correspondence
from services.stipends.store.payees import Payees
from services.stipends.store.paying import Paying
from services.stipends.store.schedules import Schedules
from services.stipends.store.stipends import Batches, Payments, Stipends

BY_ITSELF: Final = system("stipends")


class StipendsStore:
    """Everything stipends keeps, and the commands that move two things at once."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        schedules: Mapping[str, Schedule],
        accepted: Accepted,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._clock = clock
        self._limit = Money(amount_minor=settings.second_approval_over)
        self.schedules = Schedules(store, schedules)
        self.policies = Repository(store, "stipend_policies", StipendPolicy, PolicyUnknown)
        self.budgets = Budgets(store, "budgets", Budget, ProjectUnknown)
        self.postings = Postings(store)
        self.auditor = Auditor(store.database, self.budgets, self.postings)
        self.projects = Projection(store, "projects", KnownProject, remembers=ProjectEvent)
        self.letters = Correspondence(store, settings, self.projects)
        self.people = self.letters.people
        self.stipends = Stipends(store, self.letters)
        self.payees = Payees(store, settings, accepted)
        self.payments = Payments(store, "payments", Payment, PaymentUnknown)
        self.batches = Batches(store, "batches", Batch, BatchUnknown)
        repositories = (self.stipends, self.payees, self.payments, self.batches)
        self.paying = Paying(store, repositories, self.letters, self._book)

    async def prepare(self) -> None:
        for kept in (
            self.schedules,
            self.policies,
            self.budgets,
            self.postings,
            self.stipends,
            self.payees,
            self.payments,
            self.batches,
            self.letters,
        ):
            await kept.prepare()
        await self.projects.prepare(IndexModel([("administrators", 1)]))

    async def project(self, id: ProjectId) -> KnownProject:
        """Give our copy of a project that is about to be changed. Raises `NotYetKnown`."""
        known = await self.projects.get(id)
        if known is None:
            raise NotYetKnown(f"The project {id!r} has not arrived here. If it was just made, ask again in a moment.")
        return known

    async def project_open_to(self, reader: Actor, id: ProjectId) -> KnownProject:
        """What you may not see is not there."""
        known = await self.projects.get(id)
        if known is None:
            raise ProjectUnknown(f"There is no project {id!r}.")
        known.must_be_open_to(reader)
        return known

    async def stipend_open_to(self, reader: Actor, id: StipendId) -> Stipend:
        """What you may not see is not there."""
        stipend = await self.stipends.get(id)
        project = await self.projects.get(stipend.project_id) if stipend.project_id else None
        if not stipend.is_seen_by(reader, project):
            raise StipendUnknown(f"There is no stipend {id!r}.")
        return stipend

    async def stipends_open_to(self, reader: Actor, wanted: Mapping[str, Any], request: PageRequest) -> Page[Stipend]:
        administered = await self.projects.find({"administrators": reader.id})
        return await self.stipends.seen_by(reader, [project.id for project in administered], wanted, request)

    async def issue_schedule(
        self, schedule: Schedule, *, dry_run: bool, by: Actor, at: datetime
    ) -> Sequence[AmountChange]:
        """Issue it, unless it is a dry run; says what it changes."""

        async def work() -> None:
            issued = tables.issue(schedule, by=by, at=at)
            if not dry_run:
                await self.schedules.add(issued)

        await self._store.transaction(work)
        return tables.compare(tables.predecessor(await self.schedules.all(), schedule), schedule)

    async def schedule_changes(self, version: str, since: str | None) -> Sequence[AmountChange]:
        after, known = await self.schedules.get(version), await self.schedules.all()
        before = await self.schedules.get(since) if since else tables.predecessor(known, after)
        return tables.compare(before, after)

    async def set_policy(self, id: ProjectId, terms: Terms, *, by: Actor, at: datetime) -> StipendPolicy:
        async def work() -> StipendPolicy:
            schedules = await self.schedules.all()
            decide = partial(policies.set_policy, project=await self.project(id), schedules=schedules)
            if await self.policies.find_one({"_id": id}):
                return await self.policies.change(id, decide, terms, by=by, at=at)
            return await self.policies.add(decide(StipendPolicy(id=id, version=0), terms, by=by, at=at))

        return await self._store.transaction(work)

    async def deposit(
        self,
        id: str,
        project_id: ProjectId,
        amount: Money,
        *,
        reference: str,
        sponsor: str | None,
        by: Actor,
        at: datetime,
    ) -> Budget:
        """Book money that arrived, and reserve it for those who wait for it."""

        async def work() -> Budget:
            budget = await self._budget(project_id)
            arrived = ledger.deposit(id, project_id, amount, reference=reference, sponsor=sponsor, by=by, at=at)
            booked = await self._book(arrived, budget)
            served = await self._serve_those_who_wait(project_id, at)
            return await self.budgets.get(project_id) if served else booked

        return await self._store.transaction(work)

    async def refund(
        self,
        id: str,
        project_id: ProjectId,
        amount: Money,
        *,
        reference: str,
        sponsor: str | None,
        by: Actor,
        at: datetime,
    ) -> Budget:
        """Give money back that nothing is reserved of. Raises `Overdrawn`."""

        async def work() -> Budget:
            budget = await self._budget(project_id)
            refund = ledger.refund(id, project_id, amount, reference=reference, sponsor=sponsor, by=by, at=at)
            return await self._book(refund, budget)

        return await self._store.transaction(work)

    async def forecast(self, project_id: ProjectId, at: datetime) -> Forecast:
        async def work() -> Forecast:
            known = await self.stipends.of_project(project_id)
            return forecast(known, await self.budgets.of(project_id), at=at)

        return await self._store.database.snapshot(work)

    async def statement(
        self, project_id: ProjectId, since: datetime | None, until: datetime | None, term_id: TermId | None
    ) -> Statement:
        """Derive what was and what moved from the postings; of a term: those about its stipends."""

        async def work() -> Statement:
            about: dict[str, Any] = {}
            if term_id is not None:
                ids = await self.stipends.ids_in_term(project_id, term_id)
                about["$expr"] = {"$in": [{"$first": {"$split": ["$reference", "."]}}, ids]}
            begin = {"$gte": since} if since else {}
            end = {"$lt": until} if until else {}
            before = await self.postings.movements(project_id, {**about, "at": {"$lt": since}}) if since else []
            within = {**about, "at": {**begin, **end}} if since or until else about
            return statement(before, await self.postings.movements(project_id, within))

        return await self._store.database.snapshot(work)

    async def overdue(self, patience: timedelta, at: datetime, *, most: int) -> list[Overdue]:
        waiting = await self.stipends.waiting_since(at - patience, most=most)
        return [one for stipend in waiting for one in overdue(stipend, patience, at=at)]

    async def hear(self, id: StipendId, hear: Hear) -> None:
        """Take note of a fact about a stipend, made by the first one, and let everything follow that follows."""

        async def work() -> None:
            known = await self.stipends.find_one({"_id": id})
            before = known or Stipend(id=id, version=0)
            heard = hear(before)
            if heard != before:
                await self._follow(heard, hear, is_new=known is None, at=self._clock())

        await self._store.transaction(work)

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
        """Give the budget of a project, which is known where it has one. Raises `NotYetKnown`."""
        if budget := await self.budgets.held(project_id):
            return budget
        await self.project(project_id)
        return await self.budgets.reckon_with(project_id)

    async def _book(self, posting: Posting, budget: Budget | None = None) -> Budget:
        booked = await self.budgets.book(posting, budget)
        await self.postings.add(posting, booked)
        return booked

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

    async def preview(
        self, reader: Actor, project_id: ProjectId, country: Country, on: date, terms: Terms | None = None
    ) -> Offer:
        """Say what a mentee in this country would get: by the project's policy, or by the terms somebody thinks of."""
        await self.project_open_to(reader, project_id)
        schedules = await self.schedules.all()
        if terms is not None:
            policies.must_be_sound(terms, schedules)
        return policies.offer(terms or await self.policies.find_one({"_id": project_id}), schedules, country, on)

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

    async def _project_of(self, stipend: Stipend) -> KnownProject:
        return await self.project(stipend.project_id or ProjectId(""))
