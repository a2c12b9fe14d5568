"""A task: the mentee works on it, a mentor or administrator is content with it or gives it back.

assigned → in_progress → submitted → completed
               ↑              ↓
               └────────── returned
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import (
    ApplicationStatus,
    TaskAssigned,
    TaskCompleted,
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
from services.applications.domain.step import Step
from services.chassis.domain import Actor, Aggregate, Change, NotAllowed, NotFound, NotInThisState, RuleBroken

NEXT: Final[Mapping[TaskStatus, frozenset[TaskStatus]]] = {
    TaskStatus.ASSIGNED: frozenset({TaskStatus.IN_PROGRESS}),
    TaskStatus.IN_PROGRESS: frozenset({TaskStatus.SUBMITTED}),
    TaskStatus.SUBMITTED: frozenset({TaskStatus.COMPLETED, TaskStatus.RETURNED}),
    TaskStatus.RETURNED: frozenset({TaskStatus.IN_PROGRESS}),
}


class TaskUnknown(NotFound):
    """There is no such task, or it is not for this reader."""


class SubmissionEmpty(RuleBroken):
    """Nothing was handed in."""


class Submission(BaseModel):
    """What the mentee handed in."""

    model_config = ConfigDict(frozen=True)

    text: str
    links: tuple[str, ...]
    at: Instant


class Task(Aggregate):
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
    comment: str = ""
    """Why it was returned."""
    history: tuple[Step, ...] = ()

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


def assign(
    id: str, template: PrerequisiteTemplate, application: Application, *, by: Actor, at: datetime
) -> Change[Task]:
    """Copy a project's template for one applicant; what becomes of the template later changes nothing."""
    said = {"name": template.name, "description": template.description, "due_on": template.due_on}
    return _assign(id, application, TaskKind.PREREQUISITE, said, by=by, at=at)


def give(
    id: str,
    application: Application,
    project: Project,
    *,
    name: str,
    description: str,
    due_on: date | None,
    by: Actor,
    at: datetime,
) -> Change[Task]:
    """Give an active mentee a milestone task."""
    application.must_be_seen_by(by, project)
    if by.id == application.mentee_id:
        raise NotAllowed("This is your own mentorship; a mentor or administrator of the project gives tasks.")
    if application.status is not ApplicationStatus.ACTIVE:
        raise NotInThisState(f"The application is {application.status}; only an active mentee is given tasks.")
    said = {"name": name, "description": description, "due_on": due_on}
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
        **said,
    )
    return task.tell(TaskAssigned, by=by, at=at)


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
    """Hand in text, links, or both."""
    task.must_be_worked_on_by(by, application, project)
    if not text and not links:
        raise SubmissionEmpty("Hand in a text, a link, or both.")
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
