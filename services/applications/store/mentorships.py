"""The commands of a mentorship as a whole, each of which moves several things at once: longer, graduated, failed."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Concatenate, ParamSpec

from uuid6 import uuid7

from contracts.applications import ApplicationStatus, TaskStatus
from contracts.ids import AccountId, ActorId, ApplicationId, ProjectId
from services.applications.domain import certificate, evaluation, history, mentorship, task
from services.applications.domain.application import Application
from services.applications.domain.certificate import ALPHABET, GROUPS, code_of
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.history import Entry
from services.applications.domain.known import Project
from services.applications.store.certificates import CertificateCommands
from services.applications.store.evaluations import EvaluationCommands
from services.applications.store.tasks import TaskCommands
from services.chassis.domain import Actor, Change

P = ParamSpec("P")


class Mentorships(TaskCommands, EvaluationCommands, CertificateCommands):
    async def extend(self, id: ApplicationId, *, weeks: int, by: Actor, at: datetime) -> Application:
        """Move the end, and with it every day after today on which something is due that is not done."""

        async def work() -> Application:
            extended = await self.decide(id, mentorship.extend, weeks=weeks, by=by, at=at)
            later = {"application_id": id, "due_on": {"$gt": at.date().isoformat()}}
            for each in await self.evaluations.find(later):
                if each.is_open:
                    await self.evaluations.change(each.id, evaluation.postpone, days=7 * weeks, by=by, at=at)
            for one in await self.tasks.find(later):
                if one.is_open:
                    await self.tasks.change(one.id, task.postpone, days=7 * weeks, by=by, at=at)
            await self._write_about_extension(extended, weeks)
            return extended

        return await self._store.transaction(work)

    async def _write_about_extension(self, extended: Application, weeks: int) -> None:
        _, project = await self.around(extended.id)
        people = [extended.mentee_id, *project.evaluators_of(extended.mentee_id)]
        await self.write_to(people, "mentorship_extended", project=project, application=extended, weeks=weeks)

    async def hand_over(self, project_id: ProjectId, successor: AccountId) -> None:
        """Tell whoever answers for a mentor's mentees from now on what waits for them, if something does."""
        project = await self.projects.get(project_id)
        active = await self.applications.find({"project_id": project_id, "status": ApplicationStatus.ACTIVE})
        of_these = {"application_id": {"$in": [each.id for each in active if each.mentee_id != successor]}}
        evaluations = await self.evaluations.find({**of_these, "verdict": None}, sort="due_on")
        tasks = await self.tasks.find({**of_these, "status": TaskStatus.SUBMITTED})
        if evaluations or tasks:
            names = {person.id: person.name for person in await self.people_of(active)}
            mentees = {each.id: names.get(each.mentee_id) or "a mentee" for each in active}
            words: dict[str, Any] = {"evaluations": evaluations, "tasks": tasks, "mentees": mentees, "project": project}
            await self.write_to([successor], "taken_over", **words)

    async def graduate(self, id: ApplicationId, *, by: Actor, at: datetime) -> Application:
        """End the mentorship well and certify that."""

        async def work() -> Application:
            graduated = await self.conclude(id, mentorship.graduate, by=by, at=at)
            _, project = await self.around(id)
            code = code_of([secrets.randbelow(len(ALPHABET)) for _ in range(sum(GROUPS))])
            term, person = await self.term(graduated.term_id), await self.people.get(graduated.mentee_id)
            issued = await self.certificates.add(
                certificate.issue(str(uuid7()), graduated, project, term, person, code=code, by=by, at=at)
            )
            await self.write_to([graduated.mentee_id], "graduated", project=project, certificate=issued)
            return graduated

        return await self._store.transaction(work)

    async def fail(self, id: ApplicationId, *, reason: str, by: Actor, at: datetime) -> Application:
        """End the mentorship badly and tell the mentee why."""

        async def work() -> Application:
            failed = await self.conclude(id, mentorship.fail, reason=reason, by=by, at=at)
            _, project = await self.around(id)
            await self.write_to([failed.mentee_id], "failed", project=project, application=failed)
            return failed

        return await self._store.transaction(work)

    async def conclude(
        self,
        id: ApplicationId,
        decision: Callable[Concatenate[Application, Project, Sequence[Evaluation], P], Change[Application]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Application:
        """End a mentorship, well or badly, in view of its evaluations."""

        async def work() -> Application:
            evaluations = await self.evaluations.find({"application_id": id}, sort="due_on")
            return await self.decide(id, decision, evaluations, *args, **kwargs)

        return await self._store.transaction(work)

    async def history_for(self, reader: Actor, id: ApplicationId, at: datetime) -> list[Entry]:
        application, project = await self.seen_with_project(reader, id)
        application = await self.told_to(reader, application, at)
        of_it = {"application_id": id}
        tasks, evaluations = await self.tasks.find(of_it), await self.evaluations.find(of_it)
        found = history.happenings(application, tasks, evaluations)
        people = await self.people.find({"_id": {"$in": sorted({each.by for each in found})}})
        names = {ActorId(person.id): person.name for person in people}
        return history.tell(found, application, project, names, reader=reader)
