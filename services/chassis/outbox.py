"""The events of committed changes, on their way to the bus and kept afterwards as the service's event log."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from contracts.event import Event
from services.chassis import metrics
from services.chassis.domain import Refusal
from services.chassis.mongo import ASCENDING, Database, Document, IndexModel
from services.chassis.tracing import traceparent

PENDING: Final[Mapping[str, Any]] = {"pending": True, "pos": {"$gte": 0}}
"""Without the second half the store does not find by the index how many there are, but reads the whole log."""
LARGEST: Final = 900 * 1024
"""Bytes; Kafka takes a message of 1 MiB with its headers."""
SOME: Final = 500
"""Rows that are marked in one transaction."""


class EventTooLarge(Refusal):
    """What the request would leave behind is more than the bus can carry."""


@dataclass(frozen=True)
class Row:
    """A message in its final bytes."""

    id: str
    topic: str
    key: str
    headers: Sequence[tuple[str, bytes]]
    value: bytes

    @classmethod
    def of(cls, document: Document) -> "Row":
        headers = [(name, value.encode()) for name, value in document["headers"].items()]
        return cls(document["_id"], document["topic"], document["key"], headers, document["value"])


class Outbox:
    """Written in the transaction of the change it tells; read by the relay, and as the event log by `live`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database["outbox"]

    async def prepare(self) -> None:
        await self._rows.ensure(
            IndexModel([("pending", ASCENDING), ("pos", ASCENDING)], partialFilterExpression={"pending": True}),
            IndexModel([("key", ASCENDING), ("sequence", ASCENDING)], unique=True),
            IndexModel([("pos", ASCENDING), ("_id", ASCENDING)]),
        )

    async def tell(self, event: Event, pos: int) -> None:
        value = event.model_dump_json().encode()
        if len(value) > LARGEST:
            raise EventTooLarge(f"This is {len(value)} bytes; at most {LARGEST} can be told. Shorten the texts.")
        await self.send(event.event_id, event.topic, event.key, event.sequence, event.headers(), value, pos)

    async def send(
        self, id: str, topic: str, key: str, sequence: int, headers: Mapping[str, str], value: bytes, pos: int
    ) -> None:
        row = {"_id": id, "topic": topic, "key": key, "sequence": sequence, "value": value, "pos": pos, "pending": True}
        await self._rows.insert_last({**row, "headers": dict(headers) | traceparent(), "at": datetime.now(UTC)})

    async def pending(self, most: int) -> list[Row]:
        """The oldest rows not yet published, all seen at one instant: without that, v2 may be seen and v1 missed."""

        async def read() -> list[Document]:
            return await self._rows.find(PENDING, sort=[("pos", ASCENDING)], limit=most)

        return [Row.of(document) for document in await self._database.snapshot(read)]

    async def published(self, ids: Sequence[str], at: datetime) -> None:
        change = {"$set": {"pending": False, "published_at": at}}
        await self._rows.update_many({"_id": {"$in": list(ids)}}, change)

    async def replay(self) -> int:
        """Send everything once more, in the same order; whoever knows an event passes over it."""
        return await self._rows.update_many({"pending": False}, {"$set": {"pending": True}})

    async def count_sent(self, where: Mapping[str, Any]) -> int:
        return await self._rows.count({**where, "pending": False})

    async def send_again(self, where: Mapping[str, Any]) -> AsyncIterator[int]:
        """Send once more what was sent and matches; gives how many were marked, some at a time.

        Oldest first and each some at once, then what was told meanwhile: so the last that goes out of a key is its
        newest, which is what a compacted topic keeps.
        """
        last = -1
        while marked := await self._sent(where, after=last):
            for first in range(0, len(marked), SOME):
                some = marked[first : first + SOME]
                await self._database.transaction(lambda some=some: self._mark(some))  # type: ignore[misc]
                yield len(some)
            last = marked[-1]["pos"]

    async def _sent(self, where: Mapping[str, Any], after: int) -> list[Document]:
        stages = [{"$match": {**where, "pending": False, "pos": {"$gt": after}}}, {"$project": {"pos": 1}}]
        return await self._rows.aggregate([*stages, {"$sort": {"pos": 1}}])

    async def _mark(self, rows: Sequence[Document]) -> None:
        await self._rows.update_many({"_id": {"$in": [row["_id"] for row in rows]}}, {"$set": {"pending": True}})

    async def empty(self, event: Event) -> None:
        """Let every earlier event of this key say no more than this one does: what it said is forgotten, not that."""
        earlier = {"key": event.key, "sequence": {"$lt": event.sequence}}
        for row in await self._rows.find(earlier, fields={"sequence": 1}):
            emptied = event.model_copy(update={"sequence": row["sequence"]})
            await self._rows.update({"_id": row["_id"]}, {"$set": {"value": emptied.model_dump_json().encode()}})

    async def told(self) -> int:
        """Count all rows there are, roughly."""
        return await self._rows.size()

    async def depth(self) -> int:
        return await self._rows.count(PENDING)

    async def oldest(self) -> datetime | None:
        """Say when the first of those that wait was committed."""
        rows = await self._rows.find(PENDING, sort=[("pos", ASCENDING)], limit=1, fields={"at": 1})
        return rows[0]["at"] if rows else None

    async def measure(self, now: datetime) -> None:
        """Set the gauges of depth and age."""
        metrics.OUTBOX_DEPTH.set(await self.depth())
        oldest = await self.oldest()
        metrics.OUTBOX_AGE.set((now - oldest).total_seconds() if oldest else 0)

    @staticmethod
    def forget_measures() -> None:
        """Tell nothing of depth and age: another replica measures them."""
        metrics.OUTBOX_DEPTH.set(0)
        metrics.OUTBOX_AGE.set(0)
