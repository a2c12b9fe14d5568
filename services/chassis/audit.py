"""The audit trail: who did what to what, when, why and from where, also in vain; sealed into a chain.

A note of a change is written in the transaction of the change. Soon afterwards a job gives each its place in the
chain (`services.chassis.chain`). What is noted and what not: docs/audit.md.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import structlog
from uuid6 import uuid7

from services.chassis import chain, hands, metrics
from services.chassis.chain import Head
from services.chassis.logs import cleaned
from services.chassis.mongo import Database, Document, IndexModel, PyMongoError

log = structlog.get_logger()

SOME: Final = 500
"""Notes that are sealed, or forgotten in, at once."""
MOST_CONCERNED: Final = 500
"""Accounts that one note is about; a reading that is about more is noted several times."""
LONGEST_REASON: Final = 500
"""Characters."""
PATIENCE: Final = 1.0
"""Seconds for which a refusal waits to be noted."""
HEAD_TOLD: Final = 60.0
"""Seconds at least between two log lines that tell the head."""
FORGET: Final = "forget"
"""The action of the note that says that somebody's words and addresses go."""
VERSION: Final = 7
"""Of the UUIDs that are ids: they begin with the instant."""
_HEAD: Final = "head"
_UNSEALED: Final = {"number": 0}


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    READ = "read"


class Trail:
    """One service's notes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.notes = database["audit"]
        self.heads = database["audit_heads"]
        self._told = (0.0, "")

    async def prepare(self) -> None:
        await self.notes.ensure(
            IndexModel([("number", 1), ("_id", 1)]),
            IndexModel([("concerns", 1), ("_id", -1)]),
            IndexModel([("forgets", 1)], sparse=True),
        )

    async def note(
        self,
        action: str,
        subject: str,
        *,
        concerns: Iterable[str] = (),
        outcome: Outcome = Outcome.DONE,
        reason: str = "",
        by: str = "",
        inside: bool = False,
        **more: Any,
    ) -> None:
        """Note it, in the open transaction if there is one.

        `by` is who did it, where it was not whoever asks; what is `inside` is not told to who did it.
        """
        hand = hands.current()
        actor = by or hand.actor
        own = actor == hand.actor or not hand.is_person
        people = {*concerns, actor} if hands.is_person(actor) and not inside else {*concerns}
        said = chain.forgettable(address=hand.address if own else "", reason=cleaned(reason)[:LONGEST_REASON])
        note = {"at": datetime.now(UTC), "action": action, "subject": subject, "outcome": outcome.value, "actor": actor}
        note |= {"roles": sorted(hand.roles) if own else [], "client": hand.client, "request_id": hand.request_id}
        for some in _at_most(MOST_CONCERNED, sorted(people)):
            await self.notes.insert_last({"_id": str(uuid7()), **note, "concerns": some, "number": 0, **said, **more})

    async def note_refusal(self, action: str, subject: str, refusal: Exception) -> None:
        """Note that somebody was refused; where the store is away they are refused nevertheless."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.note(action, subject, outcome=Outcome.REFUSED, reason=str(refusal))
        except (PyMongoError, TimeoutError):
            log.warning("refusal not noted", action=action)

    def each(self, *, since: datetime | None = None, about: str | None = None) -> AsyncIterator[Document]:
        """Give one by one the notes, or those about somebody, oldest first."""
        where: Document = {"concerns": about} if about else {}
        if since:
            where["_id"] = {"$gte": first_id(since)}
        return self.notes.each(where, at_once=SOME)

    async def forget(self, id: str) -> None:
        """Let what others, or they themself, said of a person go from all notes, in the transaction that erases them.

        That is noted, and done soon afterwards: there may be more notes than one transaction can change.
        """
        await self.note(FORGET, f"accounts/{id}", concerns=[id], forgets=id)

    async def work(self) -> bool:
        """Forget, then seal, some at a time; says whether there may be more. Bears repetition."""
        if await self._forget_some():
            return True
        sealed = 0
        if await self.notes.find(_UNSEALED, limit=1, fields={"_id": 1}):
            sealed = await self._database.transaction(self._seal_some)
        metrics.AUDIT_UNSEALED.set(await self.notes.count(_UNSEALED) if sealed == SOME else 0)
        await self._tell_head()
        return sealed == SOME

    @staticmethod
    def forget_measures() -> None:
        """Tell nothing of what is not sealed: another replica measures it."""
        metrics.AUDIT_UNSEALED.set(0)

    async def _seal_some(self) -> int:
        waiting = await self.notes.find(_UNSEALED, limit=SOME)
        notes = chain.sealed(waiting, await self.head())
        if notes:
            await self.notes.put(notes)
            last = {"number": notes[-1]["number"], "hash": notes[-1]["hash"], "at": datetime.now(UTC)}
            await self.heads.replace({"_id": _HEAD}, last, upsert=True)
        return len(notes)

    async def head(self) -> Head:
        return Head.of(await self.heads.find_one({"_id": _HEAD}))

    async def _tell_head(self) -> None:
        """Let the log carry the head to where whoever can change the store cannot change it."""
        at, known = self._told
        now = asyncio.get_running_loop().time()
        if at and now - at < HEAD_TOLD:
            return
        head = await self.head()
        self._told = (now, head.hash)
        if head.hash != known:
            log.info("audit head", number=head.number, hash=head.hash)

    async def _forget_some(self) -> bool:
        marked = await self.notes.find({"forgets": {"$exists": True}}, sort=[("forgets", 1)], limit=1)
        for mark in marked:
            await self._empty(mark["forgets"])
            await self.notes.update({"_id": mark["_id"]}, {"$unset": {"forgets": ""}})
        return bool(marked)

    async def _empty(self, id: str) -> None:
        """Take the words out of all that is about somebody, and the addresses that are, or may be, theirs."""
        found: list[Document] = []
        async for note in self.notes.each({"concerns": id}, sort=[("_id", -1)], fields={"actor": 1}, at_once=SOME):
            found.append(note)
            if len(found) == SOME:
                await self._empty_some(id, found)
                found = []
        await self._empty_some(id, found)

    async def _empty_some(self, id: str, notes: Sequence[Document]) -> None:
        theirs = [note["_id"] for note in notes if note["actor"] in {id, hands.ANONYMOUS}]
        await self.notes.update_many({"_id": {"$in": theirs}}, {"$unset": {"said": ""}})
        every = {"_id": {"$in": [note["_id"] for note in notes]}}
        await self.notes.update_many(every, {"$unset": {"said.reason": ""}})


def first_id(at: datetime) -> str:
    """Give what no id of a note from then on lies before."""
    milliseconds = max(0, int(at.timestamp() * 1000))
    return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}"


def made_at(id: str) -> datetime:
    """Read from an id when it was made; of one that does not tell, the beginning of time."""
    uuid = UUID(id)
    return datetime.fromtimestamp((uuid.int >> 80) / 1000 if uuid.version == VERSION else 0, UTC)


def _at_most(size: int, items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut into pieces, of which there is at least one."""
    for start in range(0, max(1, len(items)), size):
        yield items[start : start + size]
