"""Who is listed as a mentor or as a mentee, and by which words and skills they are found.

One document a card, written in the transaction that changes what the card shows, and made out of that alone; what a
page shows is read from the people themselves.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contracts.identity import Card
from contracts.ids import AccountId
from contracts.time import written
from services.chassis.mongo import Collection, Document, IndexModel
from services.chassis.paging import PageRequest
from services.chassis.search import (
    INDEXES,
    Group,
    Order,
    Place,
    by_fit,
    fold,
    page,
    text_to_find,
    values_to_find,
    words_to_find,
)
from services.chassis.store import Store
from services.identity.domain.account import account_id
from services.identity.domain.profile import Kind

NEWEST: Final = Order("newest", -1)
"""Listed last, first; edits move nobody."""
EVERYBODY: Final[Document] = {"newest": {"$gt": ""}}


class Directory:
    def __init__(self, store: Store, kind: Kind) -> None:
        self.documents: Collection = store.database[f"listed_{kind}s"]

    async def prepare(self) -> None:
        await self.documents.ensure(
            IndexModel([("newest", -1)]), IndexModel([("skills.key", 1), ("newest", -1)]), *INDEXES
        )

    async def add(self, id: AccountId, name: str, card: Card, *, since: datetime) -> None:
        """Let the person be found by what their card shows, and by nothing else."""
        skills = (*card.skills, *card.skills_to_improve)
        entry = {
            "newest": f"{written(since)}/{id}",
            "skills": values_to_find(skills),
            **words_to_find([name, *skills], [card.introduction or ""]),
        }
        await self.documents.replace({"_id": id}, entry, upsert=True)

    async def remove(self, id: AccountId) -> None:
        await self.documents.delete({"_id": id})

    async def page(
        self, text: str | None, skills: Sequence[str], request: PageRequest
    ) -> tuple[list[AccountId], str | None]:
        """Give the ids of a page, best fitting and then listed last first, and the cursor of the next."""
        sort = "relevance" if text else "newest"
        place = Place.of(request, sort)
        words, known = await text_to_find(self.documents, text, EVERYBODY)
        where: list[Document] = [EVERYBODY, *({"skills.key": fold(skill)} for skill in skills), *words]
        groups = [Group({}, by_fit(known, NEWEST))]
        ids, cursor = await page(self.documents, where, groups, place, sort=sort, limit=request.limit)
        return [account_id(id) for id in ids], cursor
