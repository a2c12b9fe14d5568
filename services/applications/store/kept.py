"""The collections of applications with their named questions, and the one door to a decision about an application."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec
from zoneinfo import ZoneInfo

from contracts.applications import ApplicationStatus
from contracts.identity import MenteeProfileSaved, PersonDescribed
from contracts.ids import AccountId, ApplicationId, TermId
from contracts.projects import ProjectEvent, TermDeleted, TermEvent
from contracts.stipends import StipendEvent
from services.applications.domain import application as applications
from services.applications.domain import places
from services.applications.domain.announcement import as_told
from services.applications.domain.application import AlreadyEngaged, Application, ApplicationUnknown
from services.applications.domain.case import Limits
from services.applications.domain.certificate import Certificate, CertificateUnknown
from services.applications.domain.draft import Draft, DraftUnknown
from services.applications.domain.evaluation import Evaluation, EvaluationUnknown
from services.applications.domain.known import Funding, Mentee, Person, Project, Term
from services.applications.domain.places import Places, PlacesUnknown
from services.applications.domain.policy import EligibilityPolicy
from services.applications.domain.referral import Referral, ReferralUnknown, Sender
from services.applications.domain.review import Review, ReviewUnknown, must_not_conflict, review_id
from services.applications.domain.task import Task, TaskUnknown
from services.applications.settings import Settings
from services.applications.store.alarms import AHEAD_OF_DEADLINE, Alarm, Alarms, ahead_of_expiry
from services.applications.store.likenesses import Likenesses
from services.applications.store.reminding import Reminding
from services.chassis.domain import Actor, Change, NotYetKnown
from services.chassis.files import Files
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import Document, DuplicateKeyError, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Projection, Repository, Store
from services.chassis.versioned import VersionedText

P = ParamSpec("P")
MAILS: Final = Path(__file__).parents[1] / "mails"


class Applications(Repository[Application]):
    def write(self, state: Application) -> Document:
        engaged = {"engaged": state.mentee_id} if state.is_engaged else {}
        in_line = state.status is ApplicationStatus.WAITLISTED and state.waits_for
        return super().write(state) | engaged | ({"in_line": state.term_id} if in_line else {})

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel(
                [("engaged", 1)], unique=True, name="engaged", partialFilterExpression={"engaged": {"$exists": True}}
            ),
            IndexModel([("mentee_id", 1), ("_id", -1)]),
            IndexModel([("project_id", 1), ("_id", -1)]),
            IndexModel([("term_id", 1), ("status", 1), ("_id", -1)]),
            IndexModel([("offer_expires_at", 1)]),
            IndexModel(
                [("in_line", 1), ("rank", 1), ("waits_since", 1)],
                partialFilterExpression={"in_line": {"$exists": True}},
            ),
        )

    async def of(self, mentee_id: AccountId) -> list[Application]:
        return await self.find({"mentee_id": mentee_id})

    async def seen_by(
        self, own: Sequence[str], served: Sequence[Project], wanted: Mapping[str, Any], request: PageRequest
    ) -> Page[Application]:
        """Give those of one's own that are wanted, and all such of the projects one serves."""
        seen = [{"_id": {"$in": own}}, {"$and": [{"project_id": {"$in": [project.id for project in served]}}, wanted]}]
        return await self.page({"$or": seen}, request)

    async def next_in_line(self, term_id: TermId) -> Application | None:
        """Give who is to be offered a place of the term; whoever is engaged elsewhere lets the others pass."""
        line = await self.documents.find({"in_line": term_id}, sort=[("rank", 1), ("waits_since", 1)])
        waiting = [each["mentee_id"] for each in line]
        engaged = {each["engaged"] for each in await self.documents.find({"engaged": {"$in": waiting}})}
        return next((self.read(each) for each in line if each["mentee_id"] not in engaged), None)

    async def by_status(self) -> Mapping[ApplicationStatus, int]:
        """Count them all; the index alone is read."""
        stages = [{"$group": {"_id": "$status", "count": {"$sum": 1}}}]
        counted = await self.documents.aggregate(stages, by="term_id_1_status_1__id_-1")
        return dict.fromkeys(ApplicationStatus, 0) | {ApplicationStatus(row["_id"]): row["count"] for row in counted}

    async def with_expired_offer(self, at: datetime) -> Application | None:
        """Give the one whose offer is over for longest."""
        return next(iter(await self.find({"offer_expires_at": {"$lte": at}}, sort="offer_expires_at", limit=1)), None)


class Projects(Projection[Project]):
    async def served_by(self, actor: Actor) -> list[Project]:
        """Give those in which the person is an administrator or mentor."""
        return await self.find({"$or": [{"administrators": actor.id}, {"mentors": actor.id}]})


class Kept:
    """Everything applications keeps, and what every command needs of it."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        policies: Sequence[EligibilityPolicy],
        agreements: Sequence[VersionedText],
    ) -> None:
        self._store = store
        self.applications = Applications(store, "applications", Application, ApplicationUnknown)
        self.tasks = Reminding(store, "tasks", Task, TaskUnknown)
        self.evaluations = Reminding(store, "evaluations", Evaluation, EvaluationUnknown)
        self.certificates = Repository(store, "certificates", Certificate, CertificateUnknown)
        self.referrals = Repository(store, "referrals", Referral, ReferralUnknown)
        self.senders = Repository(store, "senders", Sender, ReferralUnknown)
        self.places = Repository(store, "places", Places, PlacesUnknown)
        self.reviews = Repository(store, "reviews", Review, ReviewUnknown)
        self.drafts = Repository(store, "drafts", Draft, DraftUnknown)
        self.alarms = Alarms(store)
        self.likenesses = Likenesses(store)
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
        self.agreements = agreements
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
        await self.places.prepare(IndexModel([("to_offer", 1)], partialFilterExpression={"to_offer": True}))
        await self.reviews.prepare(
            IndexModel([("application_id", 1), ("_id", 1)]),
            IndexModel([("reviewer_id", 1)], partialFilterExpression={"conflict_of_interest": True}),
        )
        await self.drafts.prepare(IndexModel([("mentee_id", 1)]))
        await self.alarms.prepare()
        await self.likenesses.prepare()
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

    async def write_to(self, ids: Iterable[str], letter: str, zone: str = "UTC", **words: Any) -> None:
        """Post a letter to each of these people whose address is known, if the surrounding transaction stands.

        Instants are written in the reader's zone; in this one where they told none.
        """
        for person in await self.people.find({"_id": {"$in": sorted(set(ids))}}):
            if person.emails:
                when = partial(in_zones, zone=person.time_zone or zone)
                await self.mail.post(self._letters.write(letter, person.emails[0], person=person, when=when, **words))

    async def remember_term(self, event: TermEvent) -> None:
        """Keep the term; with the first that is heard of it, all its places are free, later there may be more."""
        await self.terms.remember(event)
        if await self.places.find_one({"_id": event.id}) is None:
            await self.places.add(Change(Places(id=event.id)))
        else:
            await self.places.change(event.id, places.look_for_next)
            await self._follow_term(await self.term(event.id), event.at)

    async def _follow_term(self, term: Term, at: datetime) -> None:
        """Tell results, and remind of prerequisites, when the term now says; an offer is good as long as before."""
        await self.alarms.move(Alarm.RESULT, term.id, term.results_at or at)
        await self.alarms.move(Alarm.PREREQUISITES, term.id, term.window_closes_at - AHEAD_OF_DEADLINE)
        offered = {"term_id": term.id, "status": ApplicationStatus.ACCEPTED}
        for each in await self.applications.find(offered) if term.results_at else ():
            changed = await self.applications.change(
                each.id, applications.prolong_offer, term=term, valid=self.offer_valid
            )
            await self.alarms.set(changed, ahead_of_expiry(changed))

    async def visible_to(self, reader: Actor, id: ApplicationId, at: datetime) -> Application:
        """What you may not see is not there, and what is held back from you is not so."""
        application, _ = await self.seen_with_project(reader, id)
        return await self.told_to(reader, application, at)

    async def told_to(self, reader: Actor, application: Application, at: datetime) -> Application:
        """Give it as this reader is told it: what was decided about themself is held back until it is announced."""
        if reader.id != application.mentee_id:
            return application
        return as_told(application, await self.term(application.term_id), at)

    async def seen_with_project(self, reader: Actor, id: ApplicationId) -> tuple[Application, Project]:
        """What you may not see is not there."""
        application, project = await self.around(id)
        application.must_be_seen_by(reader, project)
        return application, project

    async def listed_for(
        self, reader: Actor, wanted: Mapping[str, Any], request: PageRequest, at: datetime
    ) -> Page[Application]:
        """List what the reader may see; of their own, by what they are told of it."""
        own = [await self.told_to(reader, each, at) for each in await self.applications.of(AccountId(reader.id))]
        told = {each.id: each for each in own if wanted.items() <= dict(each).items()}
        page = await self.applications.seen_by(list(told), await self.projects.served_by(reader), wanted, request)
        others = [each for each in page.items if each.mentee_id != reader.id]
        kept = {each.id: each for each in others} | told
        return Page(items=[kept[each.id] for each in page.items if each.id in kept], next_cursor=page.next_cursor)

    async def people_of(self, listed: Sequence[Application]) -> list[Person]:
        return await self.people.find({"_id": {"$in": [application.mentee_id for application in listed]}})

    async def around(self, id: str) -> tuple[Application, Project]:
        """Give an application with its project, whose people decide about it."""
        application = await self.applications.get(id)
        return application, await self.project_of(application)

    async def project_of(self, application: Application) -> Project:
        project = await self.projects.get(application.project_id)
        if project is None:
            raise NotYetKnown("The project has not arrived here yet. Ask again in a moment.")
        return project

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
            if isinstance(by := kwargs.get("by"), Actor):
                must_not_conflict(await self.reviews.find_one({"_id": review_id(before.id, by)}))
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


def in_zones(instant: datetime, zone: str) -> str:
    """Write it in UTC and, where that is another time, in this zone."""
    utc, there = f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC", instant.astimezone(ZoneInfo(zone))
    return utc if there.utcoffset() == instant.astimezone(UTC).utcoffset() else f"{utc} ({there:%Y-%m-%d %H:%M} {zone})"
