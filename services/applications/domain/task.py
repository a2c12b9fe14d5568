"""A task: the mentee works on it, a mentor or administrator is content with it or gives it back.

assigned → in_progress → submitted → completed
               ↑              ↓
               └────────── returned
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import (
    ApplicationStatus,
    TaskAssigned,
    TaskCompleted,
    TaskEdited,
    TaskKind,
    TaskReturned,
    TaskStarted,
    TaskStatus,
    TaskSubmitted,
)
from contracts.ids import AccountId, ApplicationId, TaskId
from contracts.projects import PrerequisiteTemplate
from contracts.time import Instant
from services.applications.domain.application import Application
from services.applications.domain.known import Project
from services.applications.domain.reminder import Notice, Schedule, reached, upcoming
from services.applications.domain.step import Step
from services.chassis.domain import Actor, Aggregate, Change, NotAllowed, NotFound, NotInThisState, RuleBroken
from services.chassis.kinds import File, FileKind

NEXT: Final[Mapping[TaskStatus, frozenset[TaskStatus]]] = {
    TaskStatus.ASSIGNED: frozenset({TaskStatus.IN_PROGRESS}),
    TaskStatus.IN_PROGRESS: frozenset({TaskStatus.SUBMITTED}),
    TaskStatus.SUBMITTED: frozenset({TaskStatus.COMPLETED, TaskStatus.RETURNED}),
    TaskStatus.RETURNED: frozenset({TaskStatus.IN_PROGRESS}),
}
WITH_THE_MENTEE: Final = frozenset({TaskStatus.ASSIGNED, TaskStatus.IN_PROGRESS, TaskStatus.RETURNED})
"""It is the mentee's turn."""
REMINDERS: Final[Schedule] = {Notice.AHEAD: -3, Notice.TODAY: 0}
FILE_KINDS: Final = frozenset(FileKind)
LARGEST_FILE: Final = 20 * 1024 * 1024
"""Bytes."""


class TaskUnknown(NotFound):
    """There is no such task, or it is not for this reader."""


class SubmissionEmpty(RuleBroken):
    """Nothing was handed in."""


class FileMissing(RuleBroken):
    """This task is handed in with a file."""


class NoFile(NotFound):
    """The task has no file."""


class Submission(BaseModel):
    """What the mentee handed in."""

    model_config = ConfigDict(frozen=True)

    text: str
    links: tuple[str, ...]
    at: Instant


class Task(Aggregate):
    concerns: ClassVar = ("mentee_id",)

    id: TaskId
    application_id: ApplicationId
    mentee_id: AccountId
    kind: TaskKind = TaskKind.PREREQUISITE
    name: str
    description: str
    due_on: date | None
    status: TaskStatus = TaskStatus.ASSIGNED
    submission: Submission | None = None
    """The newest one."""
    file_required: bool = False
    file: File | None = None
    """What the mentee sent with it; the newest one."""
    comment: str = ""
    """Why it was returned."""
    reminded: Notice | None = None
    """The newest reminder of the day it is due."""
    history: tuple[Step, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status is not TaskStatus.COMPLETED

    @property
    def reminds_at(self) -> datetime | None:
        """When the mentee is next reminded of it, if it is their turn."""
        if self.due_on is None or self.status not in WITH_THE_MENTEE:
            return None
        return upcoming(REMINDERS, self.due_on, self.reminded)

    def file_for(self, reader: Actor, application: Application, project: Project) -> File:
        """Give it to the mentee and the project's people. Raises `NoFile`."""
        self.must_be_seen_by(reader, application, project)
        if self.file is None:
            raise NoFile(f"The task {self.name!r} has no file.")
        return self.file

    def move(self, to: TaskStatus, *, by: Actor, at: datetime, **changes: Any) -> Self:
        if to not in NEXT.get(self.status, ()):
            raise NotInThisState(f"A task that is {self.status} cannot become {to}.")
        return self.evolve(status=to, history=(*self.history, Step(status=to, by=by.id, at=at)), **changes)

    def must_be_seen_by(self, by: Actor, application: Application, project: Project) -> None:
        if not application.is_seen_by(by, project):
            raise TaskUnknown(f"There is no task {self.id!r}.")

    def must_be_worked_on_by(self, by: Actor, application: Application, project: Project) -> None:
        self.must_be_seen_by(by, application, project)
        if by.id != self.mentee_id:
            raise NotAllowed("Only the mentee who was given this task works on it.")
        _must_go_on(application)

    def must_be_reviewed_by(self, by: Actor, application: Application, project: Project) -> None:
        self.must_be_seen_by(by, application, project)
        if by.id == self.mentee_id:
            raise NotAllowed("This is your own task; a mentor or administrator of the project looks at it.")
        _must_go_on(application)

    def must_take_files_from(self, by: Actor, application: Application, project: Project) -> None:
        self.must_be_worked_on_by(by, application, project)
        if self.status not in WITH_THE_MENTEE:
            raise NotInThisState(f"A task that is {self.status} keeps its file as it is.")


def assign(
    id: str, template: PrerequisiteTemplate, application: Application, *, by: Actor, at: datetime
) -> Change[Task]:
    """Copy a project's template for one applicant; what becomes of the template later changes nothing."""
    said = template.model_dump(include={"name", "description", "due_on", "file_required"})
    return _assign(id, application, TaskKind.PREREQUISITE, said, by=by, at=at)


def give(
    id: str,
    application: Application,
    project: Project,
    *,
    name: str,
    description: str,
    due_on: date | None,
    file_required: bool,
    by: Actor,
    at: datetime,
) -> Change[Task]:
    """Give an active mentee a milestone task."""
    application.must_be_seen_by(by, project)
    if by.id == application.mentee_id:
        raise NotAllowed("This is your own mentorship; a mentor or administrator of the project gives tasks.")
    if application.status is not ApplicationStatus.ACTIVE:
        raise NotInThisState(f"The application is {application.status}; only an active mentee is given tasks.")
    said = {"name": name, "description": description, "due_on": due_on, "file_required": file_required}
    return _assign(id, application, TaskKind.MILESTONE, said, by=by, at=at)


def _assign(
    id: str, application: Application, kind: TaskKind, said: Mapping[str, Any], *, by: Actor, at: datetime
) -> Change[Task]:
    task = Task(
        id=TaskId(id),
        application_id=application.id,
        mentee_id=application.mentee_id,
        kind=kind,
        history=(Step(status=TaskStatus.ASSIGNED, by=by.id, at=at),),
        reminded=_over(said["due_on"], at),
        **said,
    )
    return task.tell(TaskAssigned, by=by, at=at)


def edit(
    task: Task, application: Application, project: Project, *, said: Mapping[str, Any], by: Actor, at: datetime
) -> Change[Task]:
    """Word it differently or move its day; whoever was reminded of the old day is reminded of the new one."""
    task.must_be_reviewed_by(by, application, project)
    if not task.is_open:
        raise NotInThisState("A completed task stays as it is.")
    if said.items() <= dict(task).items():
        return Change(task)
    edited = task.evolve(**said)
    if edited.due_on != task.due_on:
        edited = edited.model_copy(update={"reminded": _over(edited.due_on, at)})
    return edited.tell(TaskEdited, by=by, at=at)


def postpone(task: Task, *, days: int, by: Actor, at: datetime) -> Change[Task]:
    """Move its day, because the mentorship was extended."""
    if task.due_on is None:
        raise NotInThisState("A task without a day is not moved.")
    later = task.due_on + timedelta(days=days)
    return task.evolve(due_on=later, reminded=_over(later, at)).tell(TaskEdited, by=by, at=at)


def remind(task: Task, *, at: datetime) -> Change[Task]:
    """Note that the mentee is reminded of it; after a long pause once, by what is true now."""
    notice = None if task.due_on is None else reached(REMINDERS, task.due_on, task.reminded, at)
    if notice is None:
        raise NotInThisState("Nobody is to be reminded of this task now.")
    return Change(task.evolve(reminded=notice))


def attach(task: Task, application: Application, project: Project, *, file: File, by: Actor) -> Change[Task]:
    """Put a file with it, in place of an earlier one."""
    task.must_take_files_from(by, application, project)
    return Change(task.evolve(file=file))


def detach(task: Task, application: Application, project: Project, *, by: Actor) -> Change[Task]:
    task.must_take_files_from(by, application, project)
    if task.file is None:
        raise NoFile(f"The task {task.name!r} has no file.")
    return Change(task.evolve(file=None))


def start(task: Task, application: Application, project: Project, *, by: Actor, at: datetime) -> Change[Task]:
    task.must_be_worked_on_by(by, application, project)
    return task.move(TaskStatus.IN_PROGRESS, by=by, at=at).tell(TaskStarted, by=by, at=at)


def submit(
    task: Task,
    application: Application,
    project: Project,
    *,
    text: str,
    links: tuple[str, ...],
    by: Actor,
    at: datetime,
) -> Change[Task]:
    """Hand in text, links, the file that is with it, or several of these."""
    task.must_be_worked_on_by(by, application, project)
    if task.file_required and task.file is None:
        raise FileMissing(f"This task is handed in with a file: PUT /v1/tasks/{task.id}/file first.")
    if not text and not links and task.file is None:
        raise SubmissionEmpty("Hand in a text, a link or a file.")
    submission = Submission(text=text, links=links, at=at)
    submitted = task.move(TaskStatus.SUBMITTED, by=by, at=at, submission=submission, comment="")
    return submitted.tell(TaskSubmitted, by=by, at=at)


def complete(task: Task, application: Application, project: Project, *, by: Actor, at: datetime) -> Change[Task]:
    task.must_be_reviewed_by(by, application, project)
    return task.move(TaskStatus.COMPLETED, by=by, at=at).tell(TaskCompleted, by=by, at=at)


def give_back(
    task: Task, application: Application, project: Project, *, comment: str, by: Actor, at: datetime
) -> Change[Task]:
    """Return it with a comment, for more work."""
    task.must_be_reviewed_by(by, application, project)
    return task.move(TaskStatus.RETURNED, by=by, at=at, comment=comment).tell(TaskReturned, by=by, at=at)


def _must_go_on(application: Application) -> None:
    """Closing applications does not stop work on tasks; the end of the application does."""
    if application.is_over:
        raise NotInThisState(f"The application is {application.status}; nothing is left to be done for it.")


def _over(due_on: date | None, at: datetime) -> Notice | None:
    """Give the reminder whose time had passed before there was anything to be reminded of."""
    return None if due_on is None else reached(REMINDERS, due_on, None, at)
