"""Tasks: what applicants prepare, and what mentees work on."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import ApplicationId, TaskId


class TaskStatus(StrEnum):
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    COMPLETED = "completed"


class TaskKind(StrEnum):
    PREREQUISITE = "prerequisite"
    """Copied from the project's templates when somebody applies."""
    MILESTONE = "milestone"
    """Given to a mentee in the course of the mentorship."""


class TaskEvent(Event):
    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "task"

    id: TaskId
    application_id: ApplicationId
    status: TaskStatus
    name: str
    due_on: date | None
    kind: TaskKind = TaskKind.PREREQUISITE


class TaskAssigned(TaskEvent):
    """A mentee was given a task."""

    type: Literal["task.assigned.v1"] = "task.assigned.v1"


class TaskStarted(TaskEvent):
    """The mentee works on it."""

    type: Literal["task.started.v1"] = "task.started.v1"


class TaskSubmitted(TaskEvent):
    """The mentee handed it in."""

    type: Literal["task.submitted.v1"] = "task.submitted.v1"


class TaskReturned(TaskEvent):
    """A mentor or administrator gave it back with a comment."""

    type: Literal["task.returned.v1"] = "task.returned.v1"


class TaskCompleted(TaskEvent):
    """A mentor or administrator is content with it."""

    type: Literal["task.completed.v1"] = "task.completed.v1"


class TaskEdited(TaskEvent):
    """A mentor or administrator worded it differently or moved the day it is due."""

    type: Literal["task.edited.v1"] = "task.edited.v1"
