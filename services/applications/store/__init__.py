"""What applications keeps: applications, tasks, evaluations and places, and copies of what others told."""

from collections.abc import Iterator
from datetime import datetime

from uuid6 import uuid7

from contracts.ids import AccountId, TermId
from services.applications.domain import application as applications
from services.applications.domain import eligibility, evaluation, task
from services.applications.domain.application import Application
from services.applications.domain.case import Case, Earlier
from services.applications.domain.known import Project
from services.applications.domain.policy import effective_at
from services.applications.domain.verdict import EligibilityVerdict
from services.applications.store.evaluations import BY_ITSELF
from services.applications.store.mentorships import Mentorships
from services.chassis.domain import Actor, NotYetKnown


def _new_ids() -> Iterator[str]:
    while True:
        yield str(uuid7())


class ApplicationsStore(Mentorships):
    """The commands by which an application comes to be a mentorship, or does not."""

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
            term = await self.term(application.term_id)
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
            await self.keep_places(before, after)
            return True

        return await self._store.transaction(work)

    async def _case(self, term_id: TermId, by: Actor, at: datetime) -> Case:
        term = await self.term(term_id)
        project = await self.projects.get(term.project_id)
        if project is None:
            raise NotYetKnown("The project of this term has not arrived here yet. Ask again in a moment.")
        own = await self.applications.of(AccountId(by.id))
        terms = await self.terms.find({"_id": {"$in": [application.term_id for application in own]}})
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
        for id, template in zip(_new_ids(), project.prerequisites, strict=False):
            await self.tasks.add(task.assign(id, template, application, by=by, at=at))
        if project.prerequisites:
            return application
        return await self.applications.change(application.id, applications.complete_prerequisites, by=BY_ITSELF, at=at)
