"""Budgets and the postings they are made of."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from contracts.ids import ProjectId
from contracts.money import Money
from services.chassis.domain import Change
from services.chassis.mongo import Document, Filter, IndexModel
from services.chassis.paging import Malformed, Page, PageRequest
from services.chassis.store import Repository, Store
from services.stipends.domain.ledger import Account, Budget, Posting, book
from services.stipends.domain.statement import Movement


class Budgets(Repository[Budget]):
    async def of(self, project_id: ProjectId) -> Budget:
        """Give the budget; one that nothing was booked to is empty."""
        return await self.find_one({"_id": project_id}) or Budget(id=project_id, version=0)

    async def reckon_with(self, project_id: ProjectId) -> Budget:
        """Give the budget to decide on what it holds: whoever else does so at this moment starts anew after us."""
        known = await self.documents.claim({"_id": project_id}, {"$inc": {"reckoned_with": 1}})
        return self.read(known) if known else await self.add(Change(Budget(id=project_id)))

    async def balances(self) -> Mapping[tuple[str, str], int]:
        """Say what each account holds over all projects, in each currency: as it is kept, whether or not it can be."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        async for row in self.documents.each({}, fields={account.value: 1 for account in Account}):
            for account in Account:
                sums[account, row[account]["currency"]] += row[account]["amount_minor"]
        return sums

    async def book(self, posting: Posting, budget: Budget | None = None) -> Budget:
        """Apply a posting to its project's budget, which is read unless it is in hand."""
        before = budget or await self.get(posting.project_id)
        return await self._put(book(before, posting), book.__name__, insert=False)


class Postings:
    """The ledger: added to, never changed. A posting's number counts those of its project."""

    def __init__(self, store: Store) -> None:
        self._documents = store.database["postings"]

    async def prepare(self) -> None:
        await self._documents.ensure(
            IndexModel([("project_id", 1), ("number", -1)], unique=True), IndexModel([("reference", 1)])
        )

    async def add(self, posting: Posting, booked: Budget) -> None:
        """Keep the last posting of a budget. Raises `DuplicateKeyError` for an id that is booked."""
        document = posting.model_dump()
        chain = {"number": booked.sequence, "hash": booked.head}
        await self._documents.insert_last({"_id": document.pop("id"), **chain, **document})

    async def projects(self) -> set[ProjectId]:
        each = [{"$group": {"_id": "$project_id"}}]
        return {row["_id"] for row in await self._documents.aggregate(each, by="project_id_1_number_-1")}

    async def each_of(self, project_id: ProjectId) -> AsyncIterator[Document]:
        """Give a project's postings from the first on."""
        async for row in self._documents.each({"project_id": project_id}, sort=[("number", 1)]):
            yield {**row, "id": row["_id"]}

    async def of(self, references: Collection[str]) -> list[Posting]:
        """Give the postings about these."""
        rows = await self._documents.find({"reference": {"$in": sorted(references)}})
        return [Posting.model_validate({**row, "id": row["_id"]}) for row in rows]

    async def movements(self, project_id: ProjectId, wanted: Filter) -> list[Movement]:
        """Sum up the postings by cause and account, of those wanted."""
        stages: list[Document] = [
            {"$match": {"project_id": project_id, **wanted}},
            {"$unwind": "$entries"},
            {
                "$group": {
                    "_id": {"cause": "$cause", "account": "$entries.account", "currency": "$entries.amount.currency"},
                    "amount": {"$sum": "$entries.amount.amount_minor"},
                    "postings": {"$sum": 1},
                }
            },
            {"$sort": {"_id": 1}},
        ]
        return [
            Movement(
                cause=row["_id"]["cause"],
                account=row["_id"]["account"],
                amount=Money(amount_minor=row["amount"], currency=row["_id"]["currency"]),
                postings=row["postings"],
            )
            for row in await self._documents.aggregate(stages)
        ]

    async def page_of(self, project_id: ProjectId, request: PageRequest) -> Page[Mapping[str, Any]]:
        where: Document = {"project_id": project_id}
        if request.before is not None:
            if not (request.before.isascii() and request.before.isdecimal()):
                raise Malformed("The cursor is none of ours. Take next_cursor of the page before.")
            where["number"] = {"$lt": int(request.before)}
        rows = await self._documents.find(where, sort=[("number", -1)], limit=request.limit + 1)
        items = [{**row, "id": row["_id"]} for row in rows[: request.limit]]
        more = PageRequest.cursor_at(str(items[-1]["number"])) if len(rows) > len(items) else None
        return Page(items=items, next_cursor=more)
