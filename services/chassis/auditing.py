"""Verifies an audit trail as it is kept; only reads, also beside the running service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.chassis import chain
from services.chassis.audit import FORGET, SOME, Trail
from services.chassis.chain import Broken, Head, Note
from services.chassis.mongo import Database, Document


@dataclass(frozen=True)
class Finding:
    """What the walk along the notes found."""

    notes: int
    """So many are sealed and sound."""
    unsealed: int
    forgotten: int
    """Of so many an address or words are gone, because somebody was erased."""
    head: str
    fault: str | None = None


class Auditor:
    def __init__(self, database: Database, trail: Trail, told: Mapping[int, str] | None = None) -> None:
        self._database = database
        self._trail = trail
        self._told = told or {}
        """Hashes by number, as the log told them of the head."""
        self._reached, self._unsealed, self._forgotten = Head(), 0, 0

    async def verify(self) -> Finding:
        """Walk to the end or to the first broken place."""
        fault = None
        try:
            await self._walk()
        except Broken as broken:
            fault = str(broken)
        return Finding(self._reached.number, self._unsealed, self._forgotten, self._reached.hash, fault)

    async def _walk(self) -> None:
        in_order, notes = [("number", 1), ("_id", 1)], self._trail.notes
        kept, last = await self._database.transaction(self._ends)
        async for note in notes.each({"number": {"$not": {"$gt": 0}}}, sort=in_order, at_once=SOME):
            self._wait(note)
        async for note in notes.each({"number": {"$gt": 0, "$lte": kept.number}}, sort=in_order, at_once=SOME):
            self._reached = chain.follow(self._reached, note)
            self._must_be_as_told()
            if chain.forgotten(note):
                await self._must_have_been_forgotten(note)
        chain.compare(self._reached, kept)
        if last > kept.number:
            raise Broken(f"Note {last} was added: {kept.number} were sealed.")
        if ahead := [number for number in self._told if number > kept.number]:
            raise Broken(f"Note {max(ahead)} is missing: it was told once, and there are {kept.number}.")

    async def _ends(self) -> tuple[Head, int]:
        """Give the head that is kept, and the highest number that a note has."""
        head = await self._trail.head()
        found = await self._trail.notes.find({"number": {"$gt": 0}}, sort=[("number", -1)], limit=1)
        return head, found[0]["number"] if found else 0

    def _wait(self, note: Document) -> None:
        if note.get("number") != 0 or "hash" in note:
            raise Broken(f"The note {note['_id']} was changed or added: it has no place, and does not wait for one.")
        self._unsealed += 1

    def _must_be_as_told(self) -> None:
        number, hash = self._reached.number, self._reached.hash
        if self._told.get(number, hash) != hash:
            raise Broken(f"Note {number} is not the one that was told: all notes up to it may have been written anew.")

    async def _must_have_been_forgotten(self, note: Note) -> None:
        self._forgotten += 1
        people: Sequence[str] = note["concerns"]
        asked = {"concerns": {"$in": list(people)}, "action": FORGET}
        if not await self._trail.notes.find(asked, limit=1, fields={"_id": 1}):
            raise Broken(f"Note {self._reached.number} ({note['_id']}) was emptied, and nobody in it was erased.")
