"""An event's effect, applied exactly once and in order per key, in one transaction with the mark that says so."""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from contracts.catalog import dead_letters
from contracts.event import Event
from services.chassis import metrics
from services.chassis.messages import Message, Unreadable
from services.chassis.mongo import Document, IndexModel
from services.chassis.store import Store

Apply = Callable[[Event], Awaitable[None]]


class Inbox:
    """Knows per key how far it was applied (the watermark), and keeps what has to wait.

    A message waits in the store when one before it is missing or was set aside; it is applied as soon as that one was.
    """

    def __init__(self, store: Store, service: str) -> None:
        self._store = store
        self._service = service
        self._marks = store.database["inbox"]
        self._waiting = store.database["waiting"]

    async def prepare(self) -> None:
        await self._marks.ensure(IndexModel([("at", 1)]))
        await self._waiting.ensure(IndexModel([("lane", 1), ("sequence", 1)]))

    async def receive(self, message: Message, apply: Apply) -> str:
        """Apply the message, pass over it, or let it wait; says which. What `apply` raises leaves no trace."""
        outcome = await self._store.transaction(lambda: self._receive(message, apply))
        if outcome == "applied" and not message.compacted:
            await self._catch_up(message, apply)
        return outcome

    async def _receive(self, message: Message, apply: Apply) -> str:
        if not message.sequence:
            raise Unreadable("It has no ce_sequence, or none that is a number from 1 on.")
        mark = await self._marks.find_one({"_id": message.lane}) or {"sequence": 0, "aside": None}
        if message.sequence <= mark["sequence"] or message.sequence == mark["aside"]:
            return "repeated"
        if message.sequence > mark["sequence"] + 1 and not message.compacted:
            await self._wait(message, None)
            return "waiting"
        await apply(message.event())
        await self._mark(message, message.sequence)
        return "applied"

    async def _catch_up(self, message: Message, apply: Apply) -> None:
        while waiting := await self._waiting.find_one({"_id": f"{message.lane}|{message.sequence + 1}"}):
            if waiting["reason"] is not None:
                return
            message = _message(waiting)
            await self._store.transaction(lambda: self._receive_waiting(message, apply))  # noqa: B023 - awaited here

    async def _receive_waiting(self, message: Message, apply: Apply) -> None:
        await self._waiting.delete({"_id": f"{message.lane}|{message.sequence}"})
        await self._receive(message, apply)

    async def set_aside(self, message: Message, reason: str, attempts: int) -> None:
        """Make it a dead letter: kept here for a person to decide, told on the service's dead-letter topic.

        What follows under the same key waits for that; on a compacted topic nothing does.
        """

        async def work() -> None:
            await self._wait(message, reason)
            if message.sequence and not message.compacted:
                aside = {"$set": {"aside": message.sequence}, "$setOnInsert": {"sequence": message.sequence - 1}}
                await self._marks.update({"_id": message.lane}, aside, upsert=True)
            await self._tell(message, reason, attempts)

        await self._store.transaction(work)
        metrics.DEAD_LETTERS.labels(message.topic).inc()

    async def retry(self, id: str, apply: Apply) -> None:
        """Apply a dead letter after all, then what waited behind it. Raises what `apply` raises, with no trace left."""
        message = _message(await self._letter(id))

        async def work() -> None:
            await self._waiting.delete({"_id": id})
            await apply(message.event())
            await self._mark(message, message.sequence)

        await self._store.transaction(work)
        await self._catch_up(message, apply)

    async def discard(self, id: str, apply: Apply) -> None:
        """Pass over a dead letter for good, then apply what waited behind it."""
        message = _message(await self._letter(id))

        async def work() -> None:
            await self._waiting.delete({"_id": id})
            await self._mark(message, message.sequence)

        await self._store.transaction(work)
        await self._catch_up(message, apply)

    async def dead_letters(self) -> list[Document]:
        return await self._waiting.find({"reason": {"$ne": None}})

    async def measure(self) -> None:
        metrics.WAITING.set(await self._waiting.count({}))

    async def _letter(self, id: str) -> Document:
        letter = await self._waiting.find_one({"_id": id, "reason": {"$ne": None}})
        if letter is None:
            raise KeyError(f"There is no dead letter {id!r}.")
        return letter

    async def _mark(self, message: Message, sequence: int) -> None:
        if sequence:
            document = {"sequence": sequence, "aside": None, "at": datetime.now(UTC)}
            await self._marks.replace({"_id": message.lane}, document, upsert=True)

    async def _wait(self, message: Message, reason: str | None) -> None:
        """Keep the message; one that has no sequence is told apart by what it says."""
        name = message.sequence or hashlib.sha256(f"{message.place}{message.value!r}".encode()).hexdigest()
        document: Document = {"lane": message.lane, "topic": message.topic, "place": message.place, "key": message.key}
        document |= {"sequence": message.sequence, "headers": dict(message.headers), "value": message.value}
        document |= {"reason": reason, "since": datetime.now(UTC)}
        await self._waiting.replace({"_id": f"{message.lane}|{name}"}, document, upsert=True)

    async def _tell(self, message: Message, reason: str, attempts: int) -> None:
        now = datetime.now(UTC)
        headers = dict(message.headers) | {"dead_letter_reason": reason[:1000].encode("ascii", "replace").decode()}
        letter: Document = {"topic": message.topic, "place": message.place, "key": message.key, "reason": reason}
        letter |= {"attempts": attempts, "at": now.isoformat(), "headers": headers}
        letter |= {"value": message.value.decode(errors="replace")}
        id = f"dead-letter/{message.lane}/{message.place}/{time.time_ns()}"
        await self._store.outbox.send(
            id, dead_letters(self._service), id, 1, headers, json.dumps(letter).encode(), time.time_ns() // 1000
        )


def _message(waiting: Document) -> Message:
    names = ("topic", "place", "key", "sequence", "headers", "value")
    return Message(**{name: waiting[name] for name in names})
