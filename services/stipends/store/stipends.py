"""Stipends and their payments."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.ids import ProjectId, TermId
from contracts.money import Money
from contracts.stipends import InstallmentStatus, StipendQueued, StipendStatus
from services.chassis.domain import Actor, Change
from services.chassis.mongo import Document, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Repository, Store
from services.stipends.domain.batch import Batch
from services.stipends.domain.installment import ENDED_BADLY
from services.stipends.domain.mentorship import BEGUN
from services.stipends.domain.overdue import waits_since
from services.stipends.domain.payee import Payee
from services.stipends.domain.payment import ON_ITS_WAY, Payment
from services.stipends.domain.project import FINANCE, STAFF
from services.stipends.domain.stipend import Stipend, StipendUnknown
from services.stipends.store.held_back import HeldBack
from services.stipends.store.letters import TOLD, Correspondence


class Stipends(Repository[Stipend]):
    def __init__(self, store: Store, letters: Correspondence, held_back: HeldBack) -> None:
        super().__init__(store, "stipends", Stipend, StipendUnknown)
        self._letters = letters
        self.held_back = held_back

    async def _put(self, change: Change[Stipend], action: str, *, insert: bool) -> Stipend:
        """Store it and, in the same transaction, write about what happened to the mentee and to who deposits."""
        stored = await super()._put(change, action, insert=insert)
        if change.event is not None and type(change.event) in TOLD and not await self.held_back.keeps(stored):
            await self._letters.tell(stored, change.event)
        if isinstance(change.event, StipendQueued) and not await self._others_wait(stored):
            await self._letters.tell_of_shortage(stored)
        return stored

    async def _others_wait(self, stipend: Stipend) -> bool:
        """Say whether another one of its term lacks money already, so that whoever deposits was told."""
        term = stipend.mentorship.term_id if stipend.mentorship else None
        waiting = {"project_id": stipend.project_id, "status": StipendStatus.AWAITING_FUNDS}
        others = {**waiting, "mentorship.term_id": term, "_id": {"$ne": stipend.id}}
        return await self.documents.find_one(others, fields={"_id": 1}) is not None

    async def announce_due(self) -> bool:
        """Write to one mentee what is true now and was held back until now; says whether there was one."""

        async def work() -> bool:
            id = await self.held_back.take_due()
            if id is not None:
                await self._letters.tell_outcome(await self.get(id))
            return id is not None

        return await self.store.transaction(work)

    def write(self, state: Stipend) -> Document:
        return super().write(state) | {"accepted_at": state.accepted_at, "waits_since": waits_since(state)}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("project_id", 1), ("status", 1), ("accepted_at", 1), ("_id", 1)]),
            IndexModel([("project_id", 1), ("_id", -1)]),
            IndexModel([("mentee_id", 1), ("_id", -1)]),
            IndexModel([("waits_since", 1)], partialFilterExpression={"waits_since": {"$type": "date"}}),
        )

    async def of_project(self, project_id: ProjectId) -> list[Stipend]:
        return await self.find({"project_id": project_id})

    async def each_of(self, project_id: ProjectId | None) -> AsyncIterator[Stipend]:
        """Give those of a project, or of all."""
        async for row in self.documents.each({"project_id": project_id} if project_id else {}):
            yield self.read(row)

    async def ids_in_term(self, project_id: ProjectId, term_id: TermId) -> list[str]:
        where = {"project_id": project_id, "mentorship.term_id": term_id}
        return [row["_id"] for row in await self.documents.find(where, fields={"_id": 1})]

    async def waiting_since(self, instant: datetime, *, most: int) -> list[Stipend]:
        """Give those that stood still longest, an installment of which nobody has moved since the instant."""
        return await self.find(_waiting(instant), sort="waits_since", limit=most)

    async def count_waiting_since(self, instant: datetime) -> int:
        return await self.documents.count(_waiting(instant))

    async def next_in_line(self, project_id: ProjectId | None) -> Stipend | None:
        """Give the one that waits for money and was accepted first."""
        where = {"project_id": project_id, "status": StipendStatus.AWAITING_FUNDS}
        rows = await self.documents.find(where, sort=[("accepted_at", 1), ("_id", 1)], limit=1)
        return self.read(rows[0]) if rows else None

    async def seen_by(
        self,
        reader: Actor,
        administered: Sequence[ProjectId],
        held_back: Sequence[TermId],
        wanted: Mapping[str, Any],
        request: PageRequest,
    ) -> Page[Stipend]:
        """Those the reader may see: their own and their projects', for staff the undecided, for finance all.

        Of the terms whose results are held back, their own only once it has begun.
        """
        seen: list[Document] = [{"mentee_id": reader.id}, {"project_id": {"$in": list(administered)}}]
        if reader.has(STAFF):
            seen.append({"status": StipendStatus.UNDECIDED})
        untold = {"mentee_id": reader.id, "mentorship.term_id": {"$in": list(held_back)}}
        hidden = {"$nor": [{**untold, "mentorship.status": {"$nin": sorted(BEGUN)}}]} if held_back else {}
        return await self.page({**wanted, **({} if reader.has(FINANCE) else {"$or": seen}), **hidden}, request)


def _waiting(instant: datetime) -> Document:
    """Without the type the store does not see that the index holds them all, and reads every stipend."""
    return {"waits_since": {"$type": "date", "$lte": instant}}


class Payments(Repository[Payment]):
    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("due_at", 1)]),
            IndexModel([("status", 1), ("_id", -1)]),
            IndexModel([("status", 1), ("amount.currency", 1), ("amount.amount_minor", 1)], name="sums"),
            IndexModel([("payee_id", 1), ("status", 1)]),
            IndexModel([("ordered_at", 1)]),
            IndexModel([("provider_id", 1)], sparse=True),
        )

    async def due(self, at: datetime, *, limit: int) -> list[Payment]:
        return await self.find({"due_at": {"$ne": None, "$lte": at}}, sort="due_at", limit=limit)

    async def to_correct(self, payee: Payee) -> list[Payment]:
        """Give those that failed or came back, were not ordered again, and went to where the person is not paid now."""
        where = {"payee_id": payee.id, "status": {"$in": sorted(ENDED_BADLY)}, "retried_as": None}
        return await self.find({**where, "sealed": {"$ne": payee.sealed}})

    async def to_export(self, at: datetime, *, limit: int) -> list[Payment]:
        """Give the orders that are due and that nobody was asked to pay."""
        where = {"status": InstallmentStatus.APPROVED, "sending": False, "due_at": {"$ne": None, "$lte": at}}
        return await self.find(where, sort="due_at", limit=limit)

    async def by_names(self, names: Collection[str]) -> Mapping[str, str]:
        """Give the payments that are called so at the provider, each by its name there."""
        rows = await self.documents.find({"provider_id": {"$in": sorted(names)}}, fields={"provider_id": 1})
        return {row["provider_id"]: row["_id"] for row in rows}

    async def sums(self) -> Sequence[tuple[InstallmentStatus, int, Money]]:
        """Say how many there are in each state and what they come to; the index alone is read."""
        each = {"status": "$status", "currency": "$amount.currency"}
        counted = {"count": {"$sum": 1}, "amount": {"$sum": "$amount.amount_minor"}}
        rows = await self.documents.aggregate([{"$group": {"_id": each, **counted}}], by="sums")
        return [
            (
                InstallmentStatus(row["_id"]["status"]),
                row["count"],
                Money(amount_minor=row["amount"], currency=row["_id"]["currency"]),
            )
            for row in rows
        ]

    async def count_stuck(self, since: datetime) -> int:
        """Count those that were payable before that instant and have not got through, the held ones aside."""
        payable = {"ordered_at": {"$lte": since}, "$or": [{"payable_from": None}, {"payable_from": {"$lte": since}}]}
        held = {"status": InstallmentStatus.APPROVED, "due_at": None}
        return await self.documents.count({"status": {"$in": sorted(ON_ITS_WAY)}, **payable, "$nor": [held]})

    async def ordered_since(self, at: datetime) -> list[str]:
        rows = await self.documents.find({"ordered_at": {"$gte": at}}, fields={"_id": 1})
        return [str(row["_id"]) for row in rows]


class Batches(Repository[Batch]):
    def write(self, state: Batch) -> Document:
        return super().write(state) | {"message_id": state.message_id}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(IndexModel([("message_id", 1)], unique=True))
