"""An event's effect, applied exactly once and in order per key, in one transaction with the mark that says so."""

import json
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from opentelemetry.trace import SpanKind

from contracts.catalog import dead_letters
from contracts.event import Event
from services.chassis import metrics
from services.chassis.messages import Message, Unreadable
from services.chassis.mongo import Document, IndexModel, StoreAway
from services.chassis.store import Store
from services.chassis.tracing import span

Apply = Callable[[Event], Awaitable[None]]


class Inbox:
    """Knows per key how far it was applied (the watermark), and keeps what has to wait.

    A message waits in the store when one before it is missing or was set aside; it is applied as soon as that one was.
    A watermark never expires: it alone tells a repetition, a gap and disorder, however late they come.
    """

    def __init__(self, store: Store, service: str) -> None:
        self._store = store
        self._service = service
        self._marks = store.database["inbox"]
        self._waiting = store.database["waiting"]

    async def prepare(self) -> None:
        await self._marks.ensure(IndexModel([("aside", 1)], partialFilterExpression={"aside": {"$gt": 0}}))
        await self._waiting.ensure(IndexModel([("lane", 1), ("sequence", 1)]))

    async def receive(self, messages: Sequence[Message], apply: Apply) -> list[str]:
        """Apply each, pass over it, or let it wait, all in one transaction; says which, message by message.

        What `apply` raises goes on to the caller and leaves no trace, of the other messages neither.
        """
        return await self._store.transaction(lambda: self._receive(messages, apply))

    async def _receive(self, messages: Sequence[Message], apply: Apply) -> list[str]:
        lanes = {message.lane for message in messages}
        marks = {mark["_id"]: mark for mark in await self._marks.find({"_id": {"$in": list(lanes)}})}
        before = {lane: mark["sequence"] for lane, mark in marks.items()}
        outcomes = [await self._receive_one(message, apply, marks) for message in messages]
        await self._marks.put([mark for lane, mark in marks.items() if mark["sequence"] != before.get(lane)])
        return outcomes

    async def _receive_one(self, message: Message, apply: Apply, marks: dict[str, Document]) -> str:
        if not message.sequence:
            raise Unreadable("It has no ce_sequence, or none that is a number from 1 on.")
        mark = marks.get(message.lane, {"sequence": 0, "aside": None})
        if message.waited:
            await self._waiting.delete({"_id": message.id})
        if message.sequence <= mark["sequence"] or message.sequence == mark["aside"]:
            return "repeated"
        if message.sequence > mark["sequence"] + 1 and not message.compacted:
            await self._wait(message)
            return "waiting"
        with span(f"apply {message.headers.get('ce_type', '?')}", SpanKind.CONSUMER, message.headers):
            await apply(message.event())
        marks[message.lane] = {
            "_id": message.lane,
            "sequence": message.sequence,
            "aside": None,
            "at": datetime.now(UTC),
        }
        return "applied"

    async def due(self, lanes: Collection[str] | None = None) -> list[Message]:
        """Give the waiting messages (of these lanes, or of all) whose turn it is."""
        where: Document = {"reason": None} | ({} if lanes is None else {"lane": {"$in": list(lanes)}})
        waiting = await self._waiting.find(where, sort=[("lane", 1), ("sequence", 1)])
        if not waiting:
            return []
        of_lanes = {"_id": {"$in": list({letter["lane"] for letter in waiting})}}
        marks = {mark["_id"]: mark["sequence"] for mark in await self._marks.find(of_lanes)}
        return [_message(one) for one in waiting if one["sequence"] <= marks.get(one["lane"], 0) + 1]

    async def set_aside(self, message: Message, reason: str, attempts: int, since: datetime | None = None) -> None:
        """Make it a dead letter: kept here for a person to decide, told on the service's dead-letter topic.

        `since` is when it was first tried. What follows under the same key waits for that person; on a compacted
        topic nothing does.
        """
        now = datetime.now(UTC)
        letter: Document = {"reason": reason, "attempts": attempts, "since": since or now, "last": now}

        async def work() -> None:
            await self._wait(message, letter)
            if message.sequence and not message.compacted:
                aside = {"$set": {"aside": message.sequence}, "$setOnInsert": {"sequence": message.sequence - 1}}
                await self._marks.update({"_id": message.lane}, aside, upsert=True)
            await self._tell(message, letter)

        await self._store.transaction(work)
        metrics.DEAD_LETTERS.labels(message.topic).inc()

    async def retry(self, id: str, apply: Apply) -> None:
        """Apply a dead letter after all, then what waited behind it. Raises what `apply` raises, with no trace left."""
        message = _message(await self.dead_letter(id))
        await self._store.transaction(lambda: self._apply_after_all(message, apply))
        await self._catch_up(message.lane, apply)

    async def rehearse(self, id: str, apply: Apply) -> None:
        """Try whether a dead letter could be applied now, and leave no trace. Raises what `apply` raises."""
        message = _message(await self.dead_letter(id))

        async def work() -> None:
            await self._apply_after_all(message, apply)
            raise _Rehearsed

        with suppress(_Rehearsed):
            await self._store.transaction(work)

    async def _apply_after_all(self, message: Message, apply: Apply) -> None:
        await self._marks.update({"_id": message.lane}, {"$set": {"aside": None}})
        await self._receive([message], apply)
        await self._store.audit.note("retry", f"dead-letters/{message.id}")

    async def discard(self, id: str, apply: Apply) -> None:
        """Pass over a dead letter for good, then apply what waited behind it."""
        message = _message(await self.dead_letter(id))

        async def work() -> None:
            await self._waiting.delete({"_id": id})
            if message.sequence:
                passed = {"$max": {"sequence": message.sequence}, "$set": {"aside": None, "at": datetime.now(UTC)}}
                await self._marks.update({"_id": message.lane}, passed, upsert=True)
            await self._store.audit.note("discard", f"dead-letters/{id}")

        await self._store.transaction(work)
        await self._catch_up(message.lane, apply)

    async def applied(self, kind: type[Event]) -> dict[str, int]:
        """Say how far each thing of a kind was applied, by its id."""
        lanes = f"{kind.topic}|{kind.noun}/"
        marks = await self._marks.find({"_id": {"$gte": lanes, "$lt": f"{lanes}\uffff"}}, fields={"sequence": 1})
        return {mark["_id"].removeprefix(lanes): mark["sequence"] for mark in marks}

    async def dead_letters(self) -> list[Document]:
        return await self._waiting.find({"reason": {"$ne": None}})

    async def count_behind(self, letter: Document) -> int:
        """Count the messages that wait for what becomes of it."""
        behind = {"lane": letter["lane"], "sequence": {"$gt": letter["sequence"]}, "reason": None}
        return await self._waiting.count(behind) if letter["sequence"] else 0

    async def waiting(self, before: datetime) -> list[Document]:
        """Give those that have waited since before that instant for a message that never came or was set aside."""
        return await self._waiting.find({"reason": None, "since": {"$lt": before}}, sort=[("since", 1)])

    async def measure(self) -> None:
        """Set the gauges; every replica sets the same."""
        set_aside, all_of_them = await self._waiting.count({"reason": {"$ne": None}}), await self._waiting.size()
        metrics.DEAD_LETTERS_OPEN.set(set_aside)
        metrics.WAITING.set(max(0, all_of_them - set_aside))

    async def dead_letter(self, id: str) -> Document:
        """Give one. Raises `KeyError`."""
        letter = await self._waiting.find_one({"_id": id, "reason": {"$ne": None}})
        if letter is None:
            raise KeyError(f"There is no dead letter {id!r}.")
        return letter

    async def _catch_up(self, lane: str, apply: Apply) -> None:
        """Apply what waited in this lane, each tried once: the next that fails is the next dead letter."""
        while due := await self.due([lane]):
            for message in due:
                await self._apply_or_set_aside(message, apply)

    async def _apply_or_set_aside(self, message: Message, apply: Apply) -> None:
        try:
            await self.receive([message], apply)
        except StoreAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, a person will read it
            await self.set_aside(message, reason_of(error), 1)

    async def _wait(self, message: Message, letter: Document | None = None) -> None:
        document: Document = {"lane": message.lane, "topic": message.topic, "place": message.place, "key": message.key}
        document |= {"sequence": message.sequence, "headers": dict(message.headers), "value": message.value}
        document |= {"trace": message.trace, **(letter or {"reason": None, "since": datetime.now(UTC)})}
        await self._waiting.replace({"_id": message.id}, document, upsert=True)

    async def _tell(self, message: Message, letter: Document) -> None:
        reason = letter["reason"][:1000].encode("ascii", "replace").decode()
        headers = dict(message.headers) | {"dead_letter_reason": reason}
        told: Document = {"topic": message.topic, "place": message.place, "key": message.key, "trace": message.trace}
        told |= {"reason": letter["reason"], "attempts": letter["attempts"]}
        told |= {"since": letter["since"].isoformat(), "last": letter["last"].isoformat()}
        told |= {"headers": headers, "value": message.value.decode(errors="replace")}
        id = f"dead-letter/{message.lane}/{message.place}/{time.time_ns()}"
        await self._store.outbox.send(
            id, dead_letters(self._service), id, 1, headers, json.dumps(told).encode(), time.time_ns() // 1000
        )


class _Rehearsed(Exception):
    """It went well; undo it."""


def reason_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _message(waiting: Document) -> Message:
    names = ("topic", "place", "key", "sequence", "headers", "value")
    return Message(**{name: waiting[name] for name in names}, waited=True)
