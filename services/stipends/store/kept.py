"""The collections of stipends with their named questions, and what every command needs of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from contracts.identity import AccountEvent
from contracts.ids import ProjectId, StipendId
from contracts.money import Money
from contracts.projects import ProjectEvent, TermDeleted, TermEvent
from services.chassis.domain import Actor, NotYetKnown, system
from services.chassis.mongo import IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Projection, Repository, Store
from services.stipends.domain.batch import Batch, BatchUnknown
from services.stipends.domain.ledger import Budget, Posting
from services.stipends.domain.payee import Accepted
from services.stipends.domain.payment import Payment, PaymentUnknown
from services.stipends.domain.policy import PolicyUnknown, StipendPolicy
from services.stipends.domain.project import KnownProject, KnownTerm, ProjectUnknown
from services.stipends.domain.schedule import Schedule
from services.stipends.domain.stipend import Stipend, StipendUnknown
from services.stipends.settings import Settings
from services.stipends.store.audit import Auditor
from services.stipends.store.budgets import Budgets, Postings
from services.stipends.store.held_back import HeldBack
from services.stipends.store.letters import Account, Correspondence
from services.stipends.store.payees import Payees
from services.stipends.store.paying import Paying
from services.stipends.store.privacy import Privacy
from services.stipends.store.schedules import Schedules
from services.stipends.store.stipends import Batches, Payments, Stipends

BY_ITSELF: Final = system("stipends")


class Kept:
    """Everything stipends keeps."""

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
        self.terms = Projection(store, "terms", KnownTerm, remembers=TermEvent, forgets=TermDeleted)
        self.accounts = Projection(store, "accounts", Account, remembers=AccountEvent)
        self.letters = Correspondence(store, settings, self.projects, self.accounts)
        self.people = self.letters.people
        self.held_back = HeldBack(store.database, self.terms, clock)
        self.stipends = Stipends(store, self.letters, self.held_back)
        self.payees = Payees(store, settings, accepted)
        self.payments = Payments(store, "payments", Payment, PaymentUnknown)
        self.batches = Batches(store, "batches", Batch, BatchUnknown)
        repositories = (self.stipends, self.payees, self.payments, self.batches)
        self.paying = Paying(store, repositories, self.letters, self._book)
        self.privacy = Privacy(store, self.stipends, self.payees, self.payments, self.letters)

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
            self.held_back,
        ):
            await kept.prepare()
        await self.projects.prepare(IndexModel([("administrators", 1)]))
        await self.terms.prepare(IndexModel([("results_at", 1)]))
        await self.accounts.prepare(IndexModel([("roles", 1)]))

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
        if not stipend.is_seen_by(reader, project, held_back=await self.held_back.holds(stipend)):
            raise StipendUnknown(f"There is no stipend {id!r}.")
        return stipend

    async def stipends_open_to(self, reader: Actor, wanted: Mapping[str, Any], request: PageRequest) -> Page[Stipend]:
        administered = await self.projects.find({"administrators": reader.id})
        ids, held_back = [project.id for project in administered], await self.held_back.terms_now()
        return await self.stipends.seen_by(reader, ids, held_back, wanted, request)

    async def _project_of(self, stipend: Stipend) -> KnownProject:
        return await self.project(stipend.project_id or ProjectId(""))

    async def _book(self, posting: Posting, budget: Budget | None = None) -> Budget:
        booked = await self.budgets.book(posting, budget)
        await self.postings.add(posting, booked)
        return booked
