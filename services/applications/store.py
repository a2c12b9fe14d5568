"""What applications keeps: applications, tasks, evaluations and places, and copies of what others told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec

from uuid6 import uuid7

from contracts.applications import Verdict
from contracts.ids import AccountId, ApplicationId, EvaluationId, TaskId, TermId
from contracts.projects import TermEvent
from services.applications.domain import application as applications
from services.applications.domain import eligibility, evaluation, places, task
from services.applications.domain.application import AlreadyEngaged, Application, ApplicationUnknown
from services.applications.domain.eligibility import Case, Limits
from services.applications.domain.evaluation import Evaluation, EvaluationUnknown
from services.applications.domain.known import Funding, Mentee, Person, Project, Term
from services.applications.domain.places import Places, PlacesUnknown
from services.applications.domain.task import Task, TaskUnknown
from services.applications.domain.verdict import EligibilityVerdict
from services.applications.settings import Settings
from services.chassis.domain import Actor, Change, NotYetKnown, system
from services.chassis.mongo import Document, DuplicateKeyError, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Projection, Repository, Store

BY_ITSELF: Final = system("applications")
P = ParamSpec("P")


def _new_ids() -> Iterator[str]:
    while True:
        yield str(uuid7())


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


class ApplicationsStore:
    """Everything applications keeps, and the commands that move several things at once."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self.applications = Applications(store, "applications", Application, ApplicationUnknown)
        self.tasks = Repository(store, "tasks", Task, TaskUnknown)
        self.evaluations = Repository(store, "evaluations", Evaluation, EvaluationUnknown)
        self.places = Repository(store, "places", Places, PlacesUnknown)
        self.projects = Projects(store, "projects", Project)
        self.terms = Projection(store, "terms", Term)
        self.mentees = Projection(store, "mentees", Mentee)
        self.people = Projection(store, "people", Person)
        self.fundings = Projection(store, "fundings", Funding)
        self.offer_valid = settings.offer_valid
        self._limits = Limits(settings.window_grace, settings.most_applications, settings.most_withdrawals)

    async def prepare(self) -> None:
        await self.applications.prepare()
        await self.tasks.prepare(IndexModel([("application_id", 1)]))
        await self.evaluations.prepare(IndexModel([("application_id", 1)]))
        await self.places.prepare()
        await self.projects.prepare(IndexModel([("administrators", 1)]), IndexModel([("mentors", 1)]))
        for copy in (self.terms, self.mentees, self.people, self.fundings):
            await copy.prepare()

    async def remember_term(self, event: TermEvent) -> None:
        """Keep the term; with the first that is heard of it, all its places are free."""
        await self.terms.remember(event)
        if await self.places.find_one({"_id": event.id}) is None:
            await self.places.add(Change(Places(id=event.id)))

    async def eligibility(self, term_id: TermId, *, by: Actor, at: datetime) -> EligibilityVerdict:
        return eligibility.judge(await self._case(term_id, by, at))

    async def apply(
        self, id: str, term_id: TermId, *, statement: str, availability: str, ai_use: str, by: Actor, at: datetime
    ) -> Application:
        """Add an application with its tasks; two of one person at the same time meet at their profile."""

        async def work() -> Application:
            case = await self._case(term_id, by, at)
            if case.mentee is None:
                raise NotYetKnown(eligibility.PROFILE_UNKNOWN)
            await self.mentees.documents.update({"_id": by.id}, {"$inc": {"times_applied": 1}})
            applied = applications.apply(
                id,
                mentee=case.mentee,
                term=case.term,
                verdict=eligibility.judge(case),
                prerequisites=len(case.project.prerequisites),
                statement=statement,
                availability=availability,
                ai_use=ai_use,
                by=by,
                at=at,
            )
            return await self._assign_prerequisites(await self.applications.add(applied), case.project, by=by, at=at)

        return await self._store.transaction(work)

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
            await self._keep_places(before, after)
            return after

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError as taken:
            if "engaged" not in str(taken.details and taken.details.get("keyPattern")):
                raise
            raise AlreadyEngaged("This person is accepted, active or graduated elsewhere already.") from None

    async def confirm(self, id: str, *, agreement_version: str, signature: str, by: Actor, at: datetime) -> Application:
        """Begin the mentorship and schedule its evaluations."""

        async def work() -> Application:
            application, project = await self.around(id)
            active = await self.applications.change(
                id,
                applications.confirm,
                project,
                agreement_version=agreement_version,
                signature=signature,
                funding=await self.fundings.get(id),
                by=by,
                at=at,
            )
            term = await self._term(application.term_id)
            for scheduled in evaluation.schedule(active, term, _new_ids(), by=by, at=at):
                await self.evaluations.add(scheduled)
            return active

        return await self._store.transaction(work)

    async def expire_due_offer(self, at: datetime) -> bool:
        """End the offer that is overdue for longest; says whether there was one."""

        async def work() -> bool:
            before = await self.applications.with_expired_offer(at)
            if before is None:
                return False
            after = await self.applications.change(before.id, applications.expire, by=BY_ITSELF, at=at)
            await self._keep_places(before, after)
            return True

        return await self._store.transaction(work)

    async def advance_task(
        self,
        id: TaskId,
        decision: Callable[Concatenate[Task, Application, Project, P], Change[Task]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Task:
        async def work() -> Task:
            known = await self.tasks.get(id)
            application, project = await self.around(known.application_id)
            return await self.tasks.change(id, decision, application, project, *args, **kwargs)

        return await self._store.transaction(work)

    async def complete_task(self, id: TaskId, *, by: Actor, at: datetime) -> Task:
        """Complete it and count that at its application, where two at the same time meet: one of them is the last."""

        async def work() -> Task:
            completed = await self.advance_task(id, task.complete, by=by, at=at)
            await self.applications.change(completed.application_id, applications.complete_prerequisite, by=by, at=at)
            return completed

        return await self._store.transaction(work)

    async def record_evaluation(
        self, id: EvaluationId, *, verdict: Verdict, summary: str, private_note: str, by: Actor, at: datetime
    ) -> Evaluation:
        async def work() -> Evaluation:
            known = await self.evaluations.get(id)
            application, project = await self.around(known.application_id)
            said = {"summary": summary, "private_note": private_note}
            return await self.evaluations.change(
                id, evaluation.record, application, project, verdict=verdict, **said, by=by, at=at
            )

        return await self._store.transaction(work)

    async def visible_to(self, reader: Actor, id: ApplicationId) -> Application:
        """What you may not see is not there."""
        application, project = await self.around(id)
        application.must_be_seen_by(reader, project)
        return application

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

    async def _case(self, term_id: TermId, by: Actor, at: datetime) -> Case:
        term = await self._term(term_id)
        project = await self.projects.get(term.project_id)
        if project is None:
            raise NotYetKnown("The project of this term has not arrived here yet. Ask again in a moment.")
        own = await self.applications.of(AccountId(by.id))
        terms = await self.terms.find({"_id": {"$in": [application.term_id for application in own]}})
        mentee = await self.mentees.get(by.id)
        return Case(by, at, mentee, term, project, own, {known.id: known for known in terms}, self._limits)

    async def _term(self, id: TermId) -> Term:
        term = await self.terms.get(id)
        if term is None:
            raise NotYetKnown(f"The term {id!r} has not arrived here yet. Check the id, or ask again in a moment.")
        return term

    async def _assign_prerequisites(
        self, application: Application, project: Project, *, by: Actor, at: datetime
    ) -> Application:
        """Copy the project's templates into tasks; where there are none, nothing is left to be done."""
        for id, template in zip(_new_ids(), project.prerequisites, strict=False):
            await self.tasks.add(task.assign(id, template, application, by=by, at=at))
        if project.prerequisites:
            return application
        return await self.applications.change(application.id, applications.complete_prerequisites, by=BY_ITSELF, at=at)

    async def _keep_places(self, before: Application, after: Application) -> None:
        if after.is_engaged and not before.is_engaged:
            term = await self._term(after.term_id)
            await self.places.change(term.id, places.take, capacity=term.capacity)
        if before.is_engaged and not after.is_engaged:
            await self.places.change(before.term_id, places.give_back)
