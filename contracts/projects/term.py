"""Terms and their dates."""

from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import ProjectId, TermId
from contracts.time import Instant


class TermEvent(Event):
    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.events"
    noun: ClassVar[str] = "term"

    id: TermId
    project_id: ProjectId
    name: str
    window_opens_at: Instant
    window_closes_at: Instant
    starts_at: Instant
    ends_at: Instant
    results_at: Instant | None = None
    """Until then decisions are held back from applicants; None holds nothing back."""
    capacity: int
    time_zone: str = "UTC"
    """IANA name of the zone the deadline was set in."""


class TermPlanned(TermEvent):
    """An administrator set a run of the project."""

    type: Literal["term.planned.v1"] = "term.planned.v1"


class TermEdited(TermEvent):
    """An administrator changed what lies ahead of the term."""

    type: Literal["term.edited.v1"] = "term.edited.v1"


class TermReopened(TermEvent):
    """An administrator opened the application window again."""

    type: Literal["term.reopened.v1"] = "term.reopened.v1"


class TermDeleted(TermEvent):
    """An administrator took back a term that nobody had applied to; the last word on it."""

    type: Literal["term.deleted.v1"] = "term.deleted.v1"


class TermOpened(TermEvent):
    """The application window's first instant has passed."""

    type: Literal["term.opened.v1"] = "term.opened.v1"


class TermClosed(TermEvent):
    """The application window's last instant has passed, or an administrator closed it early."""

    type: Literal["term.closed.v1"] = "term.closed.v1"


class TermStarted(TermEvent):
    """The mentorships of the term begin."""

    type: Literal["term.started.v1"] = "term.started.v1"


class TermEnded(TermEvent):
    """The mentorships of the term are over."""

    type: Literal["term.ended.v1"] = "term.ended.v1"
