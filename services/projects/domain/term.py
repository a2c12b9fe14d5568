"""A term of a project, and the instants it crosses.

planned → open ⇄ closed → running → over
           ↑                │
           └────────────────┘ reopened in its course; closed again it goes on running
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.event import Event
from contracts.ids import ProjectId, TermId
from contracts.projects import (
    TermClosed,
    TermDeleted,
    TermEdited,
    TermEnded,
    TermOpened,
    TermPlanned,
    TermReopened,
    TermStarted,
)
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound, NotInThisState, RuleBroken
from services.projects.domain.project import Project

MOST_OPEN: Final = 4
"""Open terms of a project (LFX)."""


class Phase(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    OVER = "over"


class Label(StrEnum):
    """What the public is told; derived, never stored."""

    COMING_SOON = "Coming soon"
    APPLY_NOW = "Apply now"
    IN_PROGRESS = "In progress"
    COMPLETED = "Completed"


CROSSINGS: Final[Mapping[Phase, tuple[str, Phase, type[Event]]]] = {
    Phase.PLANNED: ("window_opens_at", Phase.OPEN, TermOpened),
    Phase.OPEN: ("window_closes_at", Phase.CLOSED, TermClosed),
    Phase.CLOSED: ("starts_at", Phase.RUNNING, TermStarted),
    Phase.RUNNING: ("ends_at", Phase.OVER, TermEnded),
}
"""From each phase: the instant that ends it, the phase then, and the event that says so."""


INSTANTS: Final = ("window_opens_at", "window_closes_at", "starts_at", "ends_at", "results_at")


class TermUnknown(NotFound):
    """There is no such term."""


class TermOutOfOrder(RuleBroken):
    """The instants of a term do not follow each other."""


class TimeZoneUnknown(RuleBroken):
    """The IANA database has no such zone."""


class TooManyTerms(RuleBroken):
    """The project has as many open terms as it may."""


class TermNameTaken(RuleBroken):
    """Another term of the project has this name."""


class InstantPassed(RuleBroken):
    """What has happened, or would have happened already, cannot be set."""


class PlacesTaken(Conflict):
    """More people have a place in the term than it is to have."""


class TermHasApplications(Conflict):
    """Somebody applied to the term, so it stays."""


class Term(Aggregate):
    id: TermId
    project_id: ProjectId
    name: str
    window_opens_at: Instant
    window_closes_at: Instant
    starts_at: Instant
    ends_at: Instant
    results_at: Instant | None = None
    """Until then decisions are held back from applicants; None holds nothing back."""
    time_zone: str
    """IANA name of the zone the deadline was set in."""
    capacity: int
    phase: Phase = Phase.PLANNED

    @property
    def next_at(self) -> datetime | None:
        """When the next instant is crossed."""
        if self.phase not in CROSSINGS:
            return None
        instant: datetime = getattr(self, CROSSINGS[self.phase][0])
        return instant

    @property
    def window_closes_local(self) -> str:
        """The deadline on the clocks of the zone it was set in, RFC 3339 with that zone's offset."""
        return self.window_closes_at.astimezone(ZoneInfo(self.time_zone)).isoformat(timespec="seconds")

    @property
    def was_reopened_in_its_course(self) -> bool:
        """Say so of a term that takes applications though it has started; a window never outlasts the start else."""
        return self.window_closes_at > self.starts_at

    def label(self, at: datetime) -> Label:
        if at < self.window_opens_at:
            return Label.COMING_SOON
        if at < self.window_closes_at:
            return Label.APPLY_NOW
        return Label.IN_PROGRESS if at < self.ends_at else Label.COMPLETED


def plan(term: Term, project: Project, others: Sequence[Term], *, by: Actor, at: datetime) -> Change[Term]:
    """Set a run of the project. Source: domain.md, Term."""
    _must_be_theirs(project, by)
    _must_be_in_order(term)
    _results_must_follow_the_window(term)
    if term.ends_at <= at:
        raise TermOutOfOrder(f"The term would be over already: it ends at {term.ends_at:%Y-%m-%d}.")
    if sum(other.ends_at > at for other in others) >= MOST_OPEN:
        raise TooManyTerms(f"A project has at most {MOST_OPEN} open terms. Wait until one has ended.")
    _must_be_told_apart(term, others)
    _must_be_a_zone(term.time_zone)
    return term.tell(TermPlanned, by=by, at=at)


def edit(
    term: Term,
    changes: Mapping[str, Any],
    project: Project,
    others: Sequence[Term],
    *,
    taken: int = 0,
    by: Actor,
    at: datetime,
) -> Change[Term]:
    """Change what lies ahead; what has passed stays as it was. `taken` counts those who have a place in the term."""
    _must_be_theirs(project, by)
    if term.phase is Phase.OVER:
        raise NotInThisState(f"The term {term.name!r} is over.")
    edited = term.evolve(**changes)
    if edited.capacity < min(taken, term.capacity):
        raise PlacesTaken(f"{taken} people have a place in {term.name!r}, so its capacity cannot be {edited.capacity}.")
    for name in INSTANTS:
        before, after = getattr(term, name), getattr(edited, name)
        if before != after and any(instant is not None and instant <= at for instant in (before, after)):
            raise InstantPassed(f"{name} cannot be set from {_said(before)} to {_said(after)} any more.")
    _must_be_in_order(edited, latest_close=edited.ends_at if term.was_reopened_in_its_course else edited.starts_at)
    _results_must_follow_the_window(edited, unless_told_by=at)
    _must_be_told_apart(edited, others)
    _must_be_a_zone(edited.time_zone)
    return edited.tell(TermEdited, by=by, at=at)


def close(term: Term, project: Project, *, by: Actor, at: datetime) -> Change[Term]:
    """Close the application window early; nobody is declined by that."""
    _must_be_theirs(project, by)
    if term.phase is not Phase.OPEN or at >= term.window_closes_at:
        raise NotInThisState(f"The application window of {term.name!r} is not open.")
    closed = term.evolve(phase=_phase_after_closing(term), window_closes_at=at)
    _must_be_in_order(closed, latest_close=closed.ends_at)
    return closed.tell(TermClosed, by=by, at=at)


def reopen(term: Term, window_closes_at: datetime, project: Project, *, by: Actor, at: datetime) -> Change[Term]:
    """Open the application window again, until the start or, once the term runs, until its end at the latest."""
    _must_be_theirs(project, by)
    if term.phase not in {Phase.CLOSED, Phase.RUNNING} or at >= term.ends_at:
        raise NotInThisState(f"The term {term.name!r} cannot be reopened; it is {term.phase}.")
    if window_closes_at <= at:
        raise InstantPassed(f"The window would be closed already: {window_closes_at:%Y-%m-%d %H:%M} UTC has passed.")
    reopened = term.evolve(phase=Phase.OPEN, window_closes_at=window_closes_at)
    running = term.phase is Phase.RUNNING
    _must_be_in_order(reopened, latest_close=reopened.ends_at if running else reopened.starts_at)
    _results_must_follow_the_window(reopened, unless_told_by=at)
    return reopened.tell(TermReopened, by=by, at=at)


def delete(term: Term, project: Project, *, applications: int, by: Actor, at: datetime) -> Change[Term]:
    """Take it back. The last picture shows a closed window, so that whoever keeps a copy takes no application."""
    _must_be_theirs(project, by)
    if applications:
        raise TermHasApplications(f"Somebody applied to {term.name!r}, so it cannot be deleted. Close it instead.")
    return term.evolve(window_closes_at=min(at, term.window_closes_at)).tell(TermDeleted, by=by, at=at)


def cross(term: Term, *, by: Actor, at: datetime) -> Change[Term]:
    """Pass the next instant; after a downtime this is called once for each that was missed."""
    if term.next_at is None or at < term.next_at:
        raise NotInThisState(f"The term {term.name!r} crosses nothing before {term.next_at}.")
    _, phase, event = CROSSINGS[term.phase]
    if phase is Phase.CLOSED:
        phase = _phase_after_closing(term)
    return term.evolve(phase=phase).tell(event, by=by, at=at)


def _phase_after_closing(term: Term) -> Phase:
    """A term that has started goes on running: its start is not told again."""
    return Phase.RUNNING if term.was_reopened_in_its_course else Phase.CLOSED


def _must_be_theirs(project: Project, by: Actor) -> None:
    project.must_be_administered_by(by)
    project.must_not_be_archived()


def _must_be_in_order(term: Term, latest_close: datetime | None = None) -> None:
    closes = term.window_closes_at <= (latest_close or term.starts_at)
    if not (term.window_opens_at < term.window_closes_at and closes and term.starts_at < term.ends_at):
        raise TermOutOfOrder("A term's instants must be: window opens < window closes ≤ start < end.")


def _results_must_follow_the_window(term: Term, unless_told_by: datetime | None = None) -> None:
    """Refuse results before the window closes or after the start, unless they were told by then, which stays so."""
    results_at = term.results_at
    if results_at is None or (unless_told_by is not None and results_at <= unless_told_by):
        return
    if not term.window_closes_at <= results_at <= term.starts_at:
        raise TermOutOfOrder(
            f"Results on {_said(results_at)} do not fit: they are told after the window closes"
            f" ({_said(term.window_closes_at)}) and by the start ({_said(term.starts_at)}). Change results_at."
        )


def _said(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "none"


def _must_be_told_apart(term: Term, others: Sequence[Term]) -> None:
    if any(other.name.casefold() == term.name.casefold() for other in others if other.id != term.id):
        raise TermNameTaken(f"This project has a term called {term.name!r}. Choose another name.")


def _must_be_a_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown(f"There is no time zone {name!r}. Use an IANA name such as Europe/Berlin.") from None
