"""The smallest aggregate there can be: a number that is counted up, and the event that says so."""

from datetime import UTC, datetime
from typing import ClassVar, Literal

from uuid6 import uuid7

from contracts.event import Event
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound, system
from services.chassis.store import Repository, Store

AT = datetime(2026, 3, 1, tzinfo=UTC)
SOMEBODY = system("test")


class TallyUnknown(NotFound):
    """There is no such tally."""


class TallyFull(Conflict):
    """It counts to a hundred."""


class TallyRaised(Event):
    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.events"
    noun: ClassVar[str] = "tally"

    type: Literal["tally.raised.v1"] = "tally.raised.v1"
    count: int


class Tally(Aggregate):
    count: int = 0


def raised(tally: Tally, *, by: Actor = SOMEBODY, at: datetime = AT) -> Change[Tally]:
    if tally.count == 100:
        raise TallyFull("It is full.")
    return tally.evolve(count=tally.count + 1).tell(TallyRaised, by=by, at=at)


async def tallies(store: Store) -> Repository[Tally]:
    repository = Repository(store, "tallies", Tally, TallyUnknown)
    await repository.prepare()
    return repository


def new() -> Tally:
    return Tally(id=str(uuid7()))
