"""The commands of a mentorship under way, each of which moves several things at once: tasks, evaluations, the end."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Concatenate, ParamSpec

from contracts.applications import TaskKind, Verdict
from contracts.ids import ActorId, ApplicationId, EvaluationId, TaskId
from services.applications.domain import application as applications
from services.applications.domain import evaluation, history, mentorship, task
from services.applications.domain.application import Application
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.history import Entry
from services.applications.domain.known import Project
from services.applications.domain.task import Task
from services.applications.store.kept import Kept
from services.chassis.domain import Actor, Change

P = ParamSpec("P")


class Mentorships(Kept):
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
            application_id = completed.application_id
            if completed.kind is TaskKind.MILESTONE:
                await self.applications.change(application_id, mentorship.complete_milestone)
            else:
                await self.applications.change(application_id, applications.complete_prerequisite, by=by, at=at)
            return completed

        return await self._store.transaction(work)

    async def give_task(
        self,
        id: str,
        application_id: ApplicationId,
        *,
        name: str,
        description: str,
        due_on: date | None,
        by: Actor,
        at: datetime,
    ) -> Task:
        """Give a milestone task and count it at the application, where it meets a graduation at the same time."""

        async def work() -> Task:
            said = {"name": name, "description": description}
            application, project = await self.around(application_id)
            given = task.give(id, application, project, **said, due_on=due_on, by=by, at=at)
            await self.applications.change(application_id, mentorship.count_milestone)
            return await self.tasks.add(given)

        return await self._store.transaction(work)

    async def record_evaluation(
        self, id: EvaluationId, *, verdict: Verdict, summary: str, private_note: str, by: Actor, at: datetime
    ) -> Evaluation:
        said = {"summary": summary, "private_note": private_note}
        return await self._advance_evaluation(by, id, evaluation.record, verdict=verdict, **said, by=by, at=at)

    async def give_feedback(
        self, id: EvaluationId, *, on_mentor: str, on_project: str, by: Actor, at: datetime
    ) -> Evaluation:
        said = {"on_mentor": on_mentor, "on_project": on_project}
        return await self._advance_evaluation(by, id, evaluation.give_feedback, **said, by=by, at=at)

    async def _advance_evaluation(
        self,
        reader: Actor,
        id: EvaluationId,
        decision: Callable[Concatenate[Evaluation, Application, Project, P], Change[Evaluation]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Evaluation:
        """Change it, and give it as the reader may see it."""

        async def work() -> Evaluation:
            known = await self.evaluations.get(id)
            application, project = await self.around(known.application_id)
            changed = await self.evaluations.change(id, decision, application, project, *args, **kwargs)
            return changed.shown_to(reader, application, project)

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

    async def history_for(self, reader: Actor, id: ApplicationId) -> list[Entry]:
        application, project = await self.seen_with_project(reader, id)
        of_it = {"application_id": id}
        tasks, evaluations = await self.tasks.find(of_it), await self.evaluations.find(of_it)
        found = history.happenings(application, tasks, evaluations)
        people = await self.people.find({"_id": {"$in": sorted({each.by for each in found})}})
        names = {ActorId(person.id): person.name for person in people}
        return history.tell(found, application, project, names, reader=reader)
