"""The collections of applications with their named questions, and the one door to a decision about an application."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec

from contracts.identity import MenteeProfileSaved, PersonDescribed
from contracts.ids import AccountId, ApplicationId, TermId
from contracts.projects import ProjectEvent, TermDeleted, TermEvent
from contracts.stipends import StipendEvent
from services.applications.domain import places
from services.applications.domain.application import AlreadyEngaged, Application, ApplicationUnknown
from services.applications.domain.case import Limits
from services.applications.domain.certificate import Certificate, CertificateUnknown
from services.applications.domain.evaluation import Evaluation, EvaluationUnknown
from services.applications.domain.known import Funding, Mentee, Person, Project, Term
from services.applications.domain.places import Places, PlacesUnknown
from services.applications.domain.policy import EligibilityPolicy
from services.applications.domain.referral import Referral, ReferralUnknown, Sender
from services.applications.domain.task import Task, TaskUnknown
from services.applications.settings import Settings
from services.applications.store.reminding import Reminding
from services.chassis.domain import Actor, Change, NotYetKnown
from services.chassis.files import Files
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import Document, DuplicateKeyError, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Projection, Repository, Store

P = ParamSpec("P")
MAILS: Final = Path(__file__).parents[1] / "mails"


class Applications(Repository[Application]):
    def write(self, state: Application) -> Document:
        return super().write(state) | ({"engaged": state.mentee_id} if state.is_engaged else {})

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel(
                [("engaged", 1)], unique=True, name="engaged", partialFilterExpression={"engaged": {"$exists": True}}
            ),
            IndexModel([("mentee_id", 1), ("_id", -1)]),
            IndexModel([("project_id", 1), ("_id", -1)]),
            IndexModel([("term_id", 1), ("status", 1), ("_id", -1)]),
            IndexModel([("offer_expires_at", 1)]),
        )

    async def of(self, mentee_id: AccountId) -> list[Application]:
        return await self.find({"mentee_id": mentee_id})

    async def seen_by(
        self, reader: Actor, served: Sequence[Project], wanted: Mapping[str, Any], request: PageRequest
    ) -> Page[Application]:
        """Those the reader may see: their own, and all of the projects they serve."""
        seen = [{"mentee_id": reader.id}, {"project_id": {"$in": [project.id for project in served]}}]
        return await self.page({**wanted, "$or": seen}, request)

    async def with_expired_offer(self, at: datetime) -> Application | None:
        """Give the one whose offer is over for longest."""
        return next(iter(await self.find({"offer_expires_at": {"$lte": at}}, sort="offer_expires_at", limit=1)), None)


class Projects(Projection[Project]):
    async def served_by(self, actor: Actor) -> list[Project]:
        """Give those in which the person is an administrator or mentor."""
        return await self.find({"$or": [{"administrators": actor.id}, {"mentors": actor.id}]})


class Kept:
    """Everything applications keeps, and what every command needs of it."""

    def __init__(self, store: Store, settings: Settings, policies: Sequence[EligibilityPolicy]) -> None:
        self._store = store
        self.applications = Applications(store, "applications", Application, ApplicationUnknown)
        self.tasks = Reminding(store, "tasks", Task, TaskUnknown)
        self.evaluations = Reminding(store, "evaluations", Evaluation, EvaluationUnknown)
        self.certificates = Repository(store, "certificates", Certificate, CertificateUnknown)
        self.referrals = Repository(store, "referrals", Referral, ReferralUnknown)
        self.senders = Repository(store, "senders", Sender, ReferralUnknown)
        self.places = Repository(store, "places", Places, PlacesUnknown)
        self.projects = Projects(store, "projects", Project, remembers=ProjectEvent)
        self.terms = Projection(store, "terms", Term, remembers=TermEvent, forgets=TermDeleted)
        self.mentees = Projection(store, "mentees", Mentee, remembers=MenteeProfileSaved)
        self.people = Projection(store, "people", Person, remembers=PersonDescribed)
        self.fundings = Projection(store, "fundings", Funding, remembers=StipendEvent)
        self.files = Files(store.database)
        self.mail = PostOffice(store, settings)
        self._letters = Letters(MAILS, public_url=settings.public_url)
        self.public_url = settings.public_url
        self.offer_valid = settings.offer_valid
        self.most_referrals = settings.most_referrals
        self.policies = policies
        self._limits = Limits(
            grace=settings.window_grace,
            most_applications=settings.most_applications,
            most_withdrawals=settings.most_withdrawals,
        )

    async def prepare(self) -> None:
        await self.applications.prepare()
        await self.tasks.prepare(IndexModel([("application_id", 1), ("_id", 1)]))
        await self.evaluations.prepare(IndexModel([("application_id", 1), ("_id", 1)]))
        await self._prepare_certificates()
        await self.places.prepare()
        await self.files.prepare()
        await self.mail.prepare()
        await self.projects.prepare(IndexModel([("administrators", 1)]), IndexModel([("mentors", 1)]))
        for copy in (self.terms, self.mentees, self.people, self.fundings):
            await copy.prepare()

    async def _prepare_certificates(self) -> None:
        await self.certificates.prepare(
            IndexModel([("code", 1)], unique=True),
            IndexModel([("application_id", 1)], unique=True),
            IndexModel([("mentee_id", 1), ("_id", -1)]),
            IndexModel([("listed", 1), ("_id", -1)]),
        )
        await self.referrals.prepare(
            IndexModel([("sender_id", 1), ("certificate_id", 1)], unique=True),
            IndexModel([("sender_id", 1), ("_id", -1)]),
            IndexModel([("graduate_id", 1), ("_id", -1)]),
        )
        await self.senders.prepare()

    async def write_to(self, ids: Iterable[str], letter: str, **words: Any) -> None:
        """Post a letter to each of these people whose address is known, if the surrounding transaction stands."""
        for person in await self.people.find({"_id": {"$in": sorted(set(ids))}}):
            if person.emails:
                await self.mail.post(self._letters.write(letter, person.emails[0], person=person, **words))

    async def remember_term(self, event: TermEvent) -> None:
        """Keep the term; with the first that is heard of it, all its places are free."""
        await self.terms.remember(event)
        if await self.places.find_one({"_id": event.id}) is None:
            await self.places.add(Change(Places(id=event.id)))

    async def visible_to(self, reader: Actor, id: ApplicationId) -> Application:
        """What you may not see is not there."""
        application, _ = await self.seen_with_project(reader, id)
        return application

    async def seen_with_project(self, reader: Actor, id: ApplicationId) -> tuple[Application, Project]:
        """What you may not see is not there."""
        application, project = await self.around(id)
        application.must_be_seen_by(reader, project)
        return application, project

    async def listed_for(self, reader: Actor, wanted: Mapping[str, Any], request: PageRequest) -> Page[Application]:
        return await self.applications.seen_by(reader, await self.projects.served_by(reader), wanted, request)

    async def people_of(self, listed: Sequence[Application]) -> list[Person]:
        return await self.people.find({"_id": {"$in": [application.mentee_id for application in listed]}})

    async def around(self, id: str) -> tuple[Application, Project]:
        """Give an application with its project, whose people decide about it."""
        application = await self.applications.get(id)
        project = await self.projects.get(application.project_id)
        if project is None:
            raise NotYetKnown("The project has not arrived here yet. Ask again in a moment.")
        return application, project

    async def term(self, id: TermId) -> Term:
        term = await self.terms.get(id)
        if term is None:
            raise NotYetKnown(f"The term {id!r} has not arrived here yet. Check the id, or ask again in a moment.")
        return term

    async def decide(
        self,
        id: str,
        decision: Callable[Concatenate[Application, Project, P], Change[Application]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Application:
        """Decide about an application, and take or give back its place. Raises `CapacityReached`, `AlreadyEngaged`."""

        async def work() -> Application:
            before, project = await self.around(id)
            after = await self.applications.change(id, decision, project, *args, **kwargs)
            await self.keep_places(before, after)
            return after

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError as taken:
            if "engaged" not in str(taken.details and taken.details.get("keyPattern")):
                raise
            raise AlreadyEngaged("This person is accepted, active or graduated elsewhere already.") from None

    async def keep_places(self, before: Application, after: Application) -> None:
        if after.is_engaged and not before.is_engaged:
            term = await self.term(after.term_id)
            await self.places.change(term.id, places.take, capacity=term.capacity)
        if before.is_engaged and not after.is_engaged:
            await self.places.change(before.term_id, places.give_back)
