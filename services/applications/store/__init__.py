"""What applications keeps: applications, tasks, evaluations and places, and copies of what others told."""

from collections.abc import Iterator
from datetime import datetime

from uuid6 import uuid7

from contracts.ids import AccountId, ActorId, ApplicationId, TermId
from services.applications.domain import application as applications
from services.applications.domain import confirmation, eligibility, evaluation, reinstatement, task
from services.applications.domain.application import Application
from services.applications.domain.case import Case, Earlier
from services.applications.domain.known import Project
from services.applications.domain.policy import effective_at
from services.applications.domain.verdict import EligibilityVerdict
from services.applications.domain.wish import Wish
from services.applications.store.alarms import AHEAD_OF_DEADLINE, Alarm
from services.applications.store.decisions import RESULTS
from services.applications.store.evaluations import BY_ITSELF
from services.applications.store.privacy import Privacy
from services.applications.store.reviews import Reviews
from services.chassis.domain import Actor, NotYetKnown


def _new_ids() -> Iterator[str]:
    while True:
        yield str(uuid7())


class ApplicationsStore(Privacy, Reviews):
    """The commands by which an application comes to be a mentorship, or does not."""

    async def eligibility(self, term_id: TermId, *, by: Actor, at: datetime) -> EligibilityVerdict:
        return eligibility.judge(await self._case(term_id, by, at))

    async def apply(self, id: str, term_id: TermId, *, wish: Wish, by: Actor, at: datetime) -> Application:
        """Add an application with its tasks; two of one person at the same time meet at their profile."""

        async def work() -> Application:
            case = await self._case(term_id, by, at)
            if case.mentee is None:
                raise NotYetKnown(eligibility.PROFILE_UNKNOWN)
            await self._meet_at_profile(by.id)
            applied = applications.apply(
                id,
                mentee=case.mentee,
                term=case.term,
                project=case.project,
                verdict=eligibility.judge(case),
                wish=wish,
                by=by,
                at=at,
            )
            added = await self._assign_prerequisites(await self.applications.add(applied), case.project, by=by, at=at)
            await self._receive(added, case, at)
            return added

        return await self._store.transaction(work)

    async def _meet_at_profile(self, mentee_id: str) -> None:
        """Write it, so that of two commands about one person's applications the second sees what the first did."""
        await self.mentees.documents.update({"_id": mentee_id}, {"$inc": {"times_applied": 1}})

    async def _receive(self, application: Application, case: Case, at: datetime) -> None:
        await self.discard_draft(case.term.id, by=case.by)
        near = case.term.window_closes_at - AHEAD_OF_DEADLINE
        remind = application.open_prerequisites and at < near
        await self.alarms.set(application, {Alarm.LIKENESS: at, **({Alarm.PREREQUISITES: near} if remind else {})})
        await self._write_of(application, "received", [application.mentee_id])

    async def undo(self, id: ApplicationId, *, by: Actor, at: datetime) -> Application:
        """Take back a withdrawal or a decline, and with it the mail about it where that was not sent yet."""

        async def work() -> Application:
            before, _ = await self.around(id)
            await self._meet_at_profile(before.mentee_id)
            term = await self.term(before.term_id)
            undone = await self.decide(
                id,
                reinstatement.undo,
                term=term,
                limits=self._limits,
                valid=self.offer_valid,
                place_free=await self.has_place(term),
                verdict=eligibility.judge(await self._case(term.id, Actor(ActorId(before.mentee_id)), at, without=id)),
                by=by,
                at=at,
            )
            await self.tell_of_undoing(before, undone, by)
            if not term.has_announced(at) and undone.status in RESULTS:
                await self.announce(undone, at)
            return await self.told_to(by, undone, at)

        return await self._store.transaction(work)

    async def confirm(self, id: str, *, agreement_version: str, signature: str, by: Actor, at: datetime) -> Application:
        """Begin the mentorship, schedule its evaluations, and tell those who waited for the word."""

        async def work() -> Application:
            application, project = await self.around(id)
            term = await self.term(application.term_id)
            active = await self.applications.change(
                id,
                confirmation.confirm,
                project,
                term=term,
                agreements=self.agreements,
                agreement_version=agreement_version,
                signature=signature,
                funding=await self.fundings.get(id),
                by=by,
                at=at,
            )
            await self.evaluations.add_all(evaluation.schedule(active, term, _new_ids(), by=by, at=at))
            people = {*project.administrators, *project.evaluators_of(active.mentee_id)}
            await self._write_of(active, "confirmed", people)
            return active

        return await self._store.transaction(work)

    async def expire_due_offer(self, at: datetime) -> bool:
        """End the offer that is overdue for longest; says whether there was one."""

        async def work() -> bool:
            before = await self.applications.with_expired_offer(at)
            if before is None:
                return False
            after = await self.applications.change(before.id, applications.expire, by=BY_ITSELF, at=at)
            await self.keep_places(before, after)
            await self.announce(after, at)
            return True

        return await self._store.transaction(work)

    async def _case(self, term_id: TermId, by: Actor, at: datetime, *, without: ApplicationId | None = None) -> Case:
        term = await self.term(term_id)
        project = await self.projects.get(term.project_id)
        if project is None:
            raise NotYetKnown("The project of this term has not arrived here yet. Ask again in a moment.")
        every = await self.applications.of(AccountId(by.id))
        own = [await self.told_to(by, each, at) for each in every if each.id != without]
        terms = await self.terms.find({"_id": {"$in": [application.term_id for application in own]}}) if own else ()
        return Case(
            by=by,
            at=at,
            mentee=await self.mentees.get(by.id),
            term=term,
            project=project,
            own=tuple(Earlier(term_id=application.term_id, status=application.status) for application in own),
            terms={known.id: known for known in terms},
            limits=self._limits,
            policy=effective_at(self.policies, at),
        )

    async def _assign_prerequisites(
        self, application: Application, project: Project, *, by: Actor, at: datetime
    ) -> Application:
        """Copy the project's templates into tasks; where there are none, nothing is left to be done."""
        templates = zip(_new_ids(), project.prerequisites, strict=False)
        await self.tasks.add_all([task.assign(id, each, application, by=by, at=at) for id, each in templates])
        if project.prerequisites:
            return application
        return await self.applications.change(application.id, applications.complete_prerequisites, by=BY_ITSELF, at=at)
