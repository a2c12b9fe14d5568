"""The commands about tasks, each of which may move its application, a file, and a letter with it."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec

from uuid6 import uuid7

from contracts.applications import ApplicationStatus, TaskKind
from contracts.ids import ApplicationId, TaskId, TermId
from services.applications.domain import application as applications
from services.applications.domain import mentorship, task
from services.applications.domain.application import Application
from services.applications.domain.known import Project
from services.applications.domain.task import FILE_KINDS, Task
from services.applications.store.kept import Kept
from services.chassis.domain import Actor, Change, NotAllowed, NotInThisState, NotYetKnown
from services.chassis.kinds import File
from services.chassis.paging import Page

P = ParamSpec("P")


class TaskCommands(Kept):
    async def task_seen_by(self, reader: Actor, id: TaskId) -> Task:
        """What you may not see is not there."""
        known = await self.tasks.get(id)
        known.must_be_seen_by(reader, *await self.around(known.application_id))
        return known

    async def file_for(self, reader: Actor, id: TaskId) -> File:
        known = await self.tasks.get(id)
        return known.file_for(reader, *await self.around(known.application_id))

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

    async def submit_task(self, id: TaskId, *, text: str, links: tuple[str, ...], by: Actor, at: datetime) -> Task:
        """Hand it in and tell those who look at it."""

        async def work() -> Task:
            submitted = await self.advance_task(id, task.submit, text=text, links=links, by=by, at=at)
            _, project = await self.around(submitted.application_id)
            mentee = await self.people.get(submitted.mentee_id)
            who = mentee.name if mentee else "A mentee"
            people = project.evaluators_of(submitted.mentee_id)
            await self.write_to(people, "task_submitted", task=submitted, project=project, mentee=who)
            return submitted

        return await self._store.transaction(work)

    async def return_task(self, id: TaskId, *, comment: str, by: Actor, at: datetime) -> Task:
        async def work() -> Task:
            returned = await self.advance_task(id, task.give_back, comment=comment, by=by, at=at)
            await self._write_about(returned, "task_returned")
            return returned

        return await self._store.transaction(work)

    async def give_task(
        self,
        id: str,
        application_id: ApplicationId,
        *,
        name: str,
        description: str,
        due_on: date | None,
        file_required: bool,
        by: Actor,
        at: datetime,
    ) -> Task:
        """Give a milestone task and count it at the application, where it meets a graduation at the same time."""

        async def work() -> Task:
            said = {"name": name, "description": description}
            application, project = await self.around(application_id)
            given = task.give(
                id, application, project, **said, due_on=due_on, file_required=file_required, by=by, at=at
            )
            await self.applications.change(application_id, mentorship.count_milestone)
            added = await self.tasks.add(given)
            await self._write_about(added, "task_given")
            return added

        return await self._store.transaction(work)

    async def give_tasks(self, term_id: TermId, *, by: Actor, at: datetime, **said: Any) -> Page[Task]:
        """Give the same milestone task to every active mentee of a term, or to nobody."""

        async def work() -> Page[Task]:
            project = await self.projects.get((await self.term(term_id)).project_id)
            if project is None:
                raise NotYetKnown("The project of this term has not arrived here yet. Ask again in a moment.")
            if not project.has_member(by):
                raise NotAllowed("Only mentors and administrators of the project give tasks.")
            active = await self.applications.find({"term_id": term_id, "status": ApplicationStatus.ACTIVE})
            if not active:
                raise NotInThisState("Nobody is active in this term; tasks are given once a mentorship is confirmed.")
            given = [await self.give_task(str(uuid7()), each.id, **said, by=by, at=at) for each in active]
            return Page(items=given, next_cursor=None)

        return await self._store.transaction(work)

    async def edit_task(self, id: TaskId, said: Mapping[str, Any], *, by: Actor, at: datetime) -> Task:
        return await self.advance_task(id, task.edit, said=said, by=by, at=at)

    async def attach_file(
        self, id: TaskId, stream: AsyncIterator[bytes], name: str, *, by: Actor, at: datetime
    ) -> Task:
        """Keep a file, then put it with the task; whoever may not is told before anything is read."""
        known = await self.tasks.get(id)
        known.must_take_files_from(by, *await self.around(known.application_id))
        file = await self.files.receive(stream, name, FILE_KINDS, by=by, at=at)

        async def work() -> Task:
            before = await self.tasks.get(id)
            attached = await self.advance_task(id, task.attach, file=file, by=by)
            await self.files.hold(file, at=at)
            if before.file:
                await self.files.let_go(before.file, at=at)
            return attached

        return await self._store.transaction(work)

    async def detach_file(self, id: TaskId, *, by: Actor, at: datetime) -> Task:
        async def work() -> Task:
            before = await self.tasks.get(id)
            detached = await self.advance_task(id, task.detach, by=by)
            if before.file:
                await self.files.let_go(before.file, at=at)
            return detached

        return await self._store.transaction(work)

    async def remind_of_task(self, at: datetime) -> bool:
        """Remind the mentee of the task whose reminder is due for longest; says whether there was one."""

        async def work() -> bool:
            due = await self.tasks.next_to_remind(at)
            if due is None:
                return False
            reminded = await self.tasks.change(due.id, task.remind, at=at)
            application = await self.applications.get(due.application_id)
            if not application.is_over:
                await self._write_about(reminded, "task_due")
            return True

        return await self._store.transaction(work)

    async def _write_about(self, subject: Task, letter: str) -> None:
        _, project = await self.around(subject.application_id)
        await self.write_to([subject.mentee_id], letter, task=subject, project=project)
