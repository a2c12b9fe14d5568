"""What a mentee is not to know yet: stipends of terms whose results are announced later, and their letters."""

from collections.abc import Callable
from datetime import datetime

from contracts.ids import StipendId, TermId
from contracts.projects import TermEvent
from services.chassis.mongo import Database, IndexModel
from services.chassis.store import Projection
from services.stipends.domain.project import KnownTerm
from services.stipends.domain.stipend import Stipend


class HeldBack:
    """Knows the terms that hold back, and keeps a row for each mentee who is to be written to at their announcement."""

    def __init__(self, database: Database, terms: Projection[KnownTerm], clock: Callable[[], datetime]) -> None:
        self._terms = terms
        self._clock = clock
        self._rows = database["untold"]

    async def prepare(self) -> None:
        await self._rows.ensure(IndexModel([("due_at", 1)]), IndexModel([("term_id", 1)]))

    async def holds(self, stipend: Stipend) -> bool:
        return stipend.is_held_back(await self._term_of(stipend), self._clock())

    async def terms_now(self) -> list[TermId]:
        return [term.id for term in await self._terms.find({"results_at": {"$gt": self._clock()}})]

    async def keeps(self, stipend: Stipend) -> bool:
        """Keep a letter about it until the announcement, if it is held back; says whether it is."""
        term = await self._term_of(stipend)
        if term is None or not stipend.is_held_back(term, self._clock()):
            return False
        # Who moves the announcement just now and whoever keeps a letter for it must see each other.
        await self._terms.documents.update({"_id": term.id}, {"$inc": {"reckoned_with": 1}})
        row = {"term_id": term.id, "due_at": term.results_at}
        await self._rows.replace({"_id": stipend.id}, row, upsert=True)
        return True

    async def remember(self, event: TermEvent) -> None:
        """Take note of a term, and of when its letters are due now."""
        await self._terms.remember(event)
        known = await self._terms.get(event.id)
        due_at = (known.results_at if known else None) or self._clock()
        await self._rows.update_many({"term_id": event.id}, {"$set": {"due_at": due_at}})

    async def take_due(self) -> StipendId | None:
        """Give a stipend whose mentee is to be told now, and forget it."""
        for row in await self._rows.find({"due_at": {"$lte": self._clock()}}, sort=[("due_at", 1)], limit=1):
            await self._rows.delete({"_id": row["_id"]})
            return StipendId(row["_id"])
        return None

    async def _term_of(self, stipend: Stipend) -> KnownTerm | None:
        id = stipend.mentorship.term_id if stipend.mentorship else None
        return await self._terms.get(id) if id else None
