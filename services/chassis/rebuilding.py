"""A copy of what others told, thrown away and made anew beside the running service.

A successor is filled from the topics while the service writes what it hears into both; when the successor has all that
the service ever applied, it takes the copy's place in one step. See docs/decisions/0014.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from contracts.event import Event
from services.chassis.broker import Broker
from services.chassis.inbox import Inbox
from services.chassis.leases import Lease
from services.chassis.messages import Message, Unreadable
from services.chassis.mongo import Document
from services.chassis.store import REBUILDING, Projection, Store
from services.chassis.topics import Topics, reading

Progress = Callable[[int, int], None]
"""Told how many messages were read, of how many."""


class NotRebuilt(Exception):
    """The copy stays as it was; the text says why, and what to do."""


@dataclass
class Rebuilding:
    """One copy's successor on its way."""

    copy: Projection[Any]
    newest: dict[str, int] = field(default_factory=dict)
    """The last sequence read of each thing."""
    read: int = 0
    unreadable: int = 0

    async def take(self, messages: Sequence[Message]) -> None:
        """Lay down what these say last of each thing, and take out what they say is gone."""
        self.read += len(messages)
        last: dict[str, Event] = {}
        pictures: dict[str, Document] = {}
        for event in self._events(messages):
            try:
                pictures[event.id] = self.copy.picture(event)
            except ValidationError:
                self.unreadable += 1
            else:
                last[event.id], self.newest[event.id] = event, event.sequence
        gone = [event for event in last.values() if self.copy.is_last_word(event)]
        for event in gone:
            await self.copy.successor.delete({"_id": event.id, "sequence": {"$lt": event.sequence}})
            del pictures[event.id]
        await self.copy.successor.put_newer(list(pictures.values()))

    def _events(self, messages: Iterable[Message]) -> Iterator[Event]:
        """Give those that are news to this copy."""
        for message in messages:
            if message.key.startswith(f"{self.copy.remembers.noun}/"):
                try:
                    event = message.event()
                except Unreadable:
                    self.unreadable += 1
                    continue
                if isinstance(event, self.copy.remembers) and event.sequence > self.newest.get(event.id, 0):
                    yield event

    def missing(self, applied: dict[str, int]) -> list[str]:
        """Name what the service has applied and the topics did not show."""
        return sorted(id for id, sequence in applied.items() if self.newest.get(id, 0) < sequence)


def copies(data: object) -> dict[str, Projection[Any]]:
    """Give a service's copies of what others told, by name."""
    return {part.name: part for part in vars(data).values() if isinstance(part, Projection)}


async def rebuild(store: Store, inbox: Inbox, copy: Projection[Any], broker: Broker, progress: Progress) -> Rebuilding:
    """Build the copy anew and switch to it. Raises `NotRebuilt`, `BrokerAway`; then the copy is as it was."""
    lease = Lease(store.database, f"rebuild/{copy.name}")
    if not (await lease.hold() or await lease.hold()):
        raise NotRebuilt(f"{copy.name} is being rebuilt by somebody else at this moment.")
    try:
        await _begin(store, copy)
        applied = await inbox.applied(copy.remembers)
        async with reading(broker, [copy.remembers.topic]) as topics:
            rebuilding = await _read(copy, topics, lease, progress)
        await _switch(store, rebuilding, applied)
    except BaseException:
        await _give_up(copy)
        raise
    finally:
        await lease.release()
    return rebuilding


async def _begin(store: Store, copy: Projection[Any]) -> None:
    """From the mark on, the service writes into both. A mark that a dead rebuilding left is made anew."""
    await copy.documents.delete({"_id": REBUILDING})
    await copy.successor.begin_like(copy.documents)
    await store.transaction(lambda: copy.documents.insert({"_id": REBUILDING, "forgotten": []}))


async def _read(copy: Projection[Any], topics: Topics, lease: Lease, progress: Progress) -> Rebuilding:
    rebuilding, whole = Rebuilding(copy), await topics.length()
    async for messages in topics.up_to_now():
        if not await lease.hold():
            raise NotRebuilt("This was so slow that somebody else began to rebuild it.")
        await rebuilding.take(messages)
        progress(rebuilding.read, whole)
    return rebuilding


async def _switch(store: Store, rebuilding: Rebuilding, applied: dict[str, int]) -> None:
    copy = rebuilding.copy
    if missing := rebuilding.missing(applied):
        raise NotRebuilt(
            f"The bus has not the newest of {len(missing)} of the {len(applied)} things that {copy.name} is made of, "
            f"{missing[0]!r} for one. Send them again, `mentorship events replay --service "
            f"{copy.remembers.source} --since 1970-01-01`, then rebuild."
        )
    await store.transaction(lambda: _forget(copy))
    await copy.successor.take_the_place_of(copy.documents)


async def _forget(copy: Projection[Any]) -> None:
    """Take out what the service forgot while we read; from now on what it forgets it takes out of both itself.

    That this writes the mark makes it meet every forgetting that is under way.
    """
    await copy.documents.update({"_id": REBUILDING}, {"$set": {"read": True}})
    mark = await copy.documents.find_one({"_id": REBUILDING}) or {}
    for gone in mark.get("forgotten", ()):
        await copy.successor.delete({"_id": gone["id"], "sequence": {"$lt": gone["sequence"]}})


async def _give_up(copy: Projection[Any]) -> None:
    """Take the mark away first: a service that still saw it would write into a successor that nobody wants."""
    await copy.documents.delete({"_id": REBUILDING})
    await copy.successor.drop()
