"""A term of a project, and the instants it crosses.

planned → open → closed → running → over
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.event import Event
from contracts.ids import ProjectId, TermId
from contracts.projects import TermClosed, TermEnded, TermOpened, TermPlanned, TermStarted
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, NotFound, NotInThisState, RuleBroken
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


class Term(Aggregate):
    id: TermId
    project_id: ProjectId
    name: str
    window_opens_at: Instant
    window_closes_at: Instant
    starts_at: Instant
    ends_at: Instant
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

    def label(self, at: datetime) -> Label:
        if at < self.window_opens_at:
            return Label.COMING_SOON
        if at < self.window_closes_at:
            return Label.APPLY_NOW
        return Label.IN_PROGRESS if at < self.ends_at else Label.COMPLETED


def plan(term: Term, project: Project, others: Sequence[Term], *, by: Actor, at: datetime) -> Change[Term]:
    """Set a run of the project. Source: domain.md, Term."""
    project.must_be_administered_by(by)
    if not term.window_opens_at < term.window_closes_at <= term.starts_at < term.ends_at:
        raise TermOutOfOrder("A term's instants must be: window opens < window closes ≤ start < end.")
    if term.ends_at <= at:
        raise TermOutOfOrder(f"The term would be over already: it ends at {term.ends_at:%Y-%m-%d}.")
    if sum(other.ends_at > at for other in others) >= MOST_OPEN:
        raise TooManyTerms(f"A project has at most {MOST_OPEN} open terms. Wait until one has ended.")
    if any(other.name.casefold() == term.name.casefold() for other in others):
        raise TermNameTaken(f"This project has a term called {term.name!r}. Choose another name.")
    _must_be_a_zone(term.time_zone)
    return term.tell(TermPlanned, by=by, at=at)


def cross(term: Term, *, by: Actor, at: datetime) -> Change[Term]:
    """Pass the next instant; after a downtime this is called once for each that was missed."""
    if term.next_at is None or at < term.next_at:
        raise NotInThisState(f"The term {term.name!r} crosses nothing before {term.next_at}.")
    _, phase, event = CROSSINGS[term.phase]
    return term.evolve(phase=phase).tell(event, by=by, at=at)


def _must_be_a_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown(f"There is no time zone {name!r}. Use an IANA name such as Europe/Berlin.") from None
