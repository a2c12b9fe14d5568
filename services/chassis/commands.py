"""What a request asks beyond its body: a version it expects, a key under which its answer is kept."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.chassis.domain import Conflict, Refusal, RuleBroken
from services.chassis.mongo import ASCENDING, Collection, Database, DuplicateKeyError, IndexModel

KEPT: Final = timedelta(hours=24)


class StaleVersion(Refusal):
    """`If-Match` names another version than the one there is."""


class IdempotencyKeyReused(RuleBroken):
    """The same key came with another request before."""


class RequestInHand(Conflict):
    """The same request is being carried out right now."""


class ShownOnce(Conflict):
    """It was done under this very key before, and what it answered is shown this one time."""


@dataclass(frozen=True)
class Answer:
    """An answer as it went out, to be given again."""

    status: int
    body: bytes
    version: int | None = None


class Replayed(Exception):
    """This very request was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class Command:
    """One request on its way through the service."""

    fingerprint: str
    """Says whether two requests with one key are the same."""
    render: Callable[[Any], Answer]
    """Makes the answer out of what the route returns."""
    key: str | None = None
    if_match: int | None = None
    by: str = "anonymous"
    shown_once: bool = False
    """The answer holds what nobody is shown twice, so it is not kept; that the request was done is."""
    _addressed: str | None = None

    @property
    def record_id(self) -> str:
        return hashlib.sha256(f"{self.by}\n{self.key}".encode()).hexdigest()

    def meets(self, id: str, version: int) -> None:
        """Refuse if the aggregate that the request addresses (the first it changes) is not at the expected version."""
        self._addressed = self._addressed or id
        if self.if_match is not None and self._addressed == id and self.if_match != version:
            raise StaleVersion(f"You expected version {self.if_match}, but it is at version {version}. Read it again.")


_command: ContextVar[Command | None] = ContextVar("_command", default=None)


def current() -> Command | None:
    return _command.get()


@contextmanager
def carrying_out(command: Command) -> Iterator[Command]:
    token = _command.set(command)
    try:
        yield command
    finally:
        _command.reset(token)


class Answers:
    """The answers given to requests with an `Idempotency-Key`, for 24 hours."""

    def __init__(self, database: Database) -> None:
        self._collection: Collection = database["idempotency"]

    async def prepare(self) -> None:
        await self._collection.ensure(IndexModel([("at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds())))

    async def refuse_repetition(self, command: Command) -> None:
        """Raise `Replayed` where the request was answered before, `IdempotencyKeyReused` where another one was."""
        if command.key is None:
            return
        record = await self._collection.find_one({"_id": command.record_id})
        if record is None or record["at"] < datetime.now(UTC) - KEPT:
            return
        if record["fingerprint"] != command.fingerprint:
            raise IdempotencyKeyReused(
                f"The Idempotency-Key {command.key!r} came with another request. Take a new one."
            )
        if not record["body"]:
            raise ShownOnce(
                f"This was done under the Idempotency-Key {command.key!r}, and what it showed is not shown again. "
                "Where that was lost, ask for a new one under a new key."
            )
        raise Replayed(Answer(record["status"], record["body"], record["version"]))

    async def forget(self, by: str, *texts: str) -> None:
        """Forget what somebody was answered, and every answer that says one of these; looks through a day's answers."""
        written = [json.dumps(text, ensure_ascii=False)[1:-1].encode() for text in texts if text]
        said = [
            record["_id"]
            async for record in self._collection.each({})
            if record.get("by") == by or any(text in record["body"] for text in written)
        ]
        await self._collection.delete({"_id": {"$in": said}})

    async def keep(self, command: Command, result: Any) -> None:
        """Keep what is answered, which is what the transaction gave; of what is shown once, that it was done."""
        if command.key is None:
            return
        answer = Answer(0, b"") if command.shown_once else command.render(result)
        record = {"fingerprint": command.fingerprint, "at": datetime.now(UTC), "status": answer.status}
        record |= {"body": answer.body, "version": answer.version, "by": command.by}
        try:
            await self._collection.replace({"_id": command.record_id}, record, upsert=True)
        except DuplicateKeyError:
            raise RequestInHand("The same request is being carried out right now. Ask again in a moment.") from None
