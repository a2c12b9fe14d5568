"""Stipends and their payments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.ids import ProjectId
from contracts.stipends import StipendStatus
from services.chassis.domain import Actor
from services.chassis.mongo import Document, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Repository
from services.stipends.domain.payment import Payment
from services.stipends.domain.project import FINANCE, STAFF
from services.stipends.domain.stipend import Stipend


class Stipends(Repository[Stipend]):
    def write(self, state: Stipend) -> Document:
        return super().write(state) | {"accepted_at": state.accepted_at}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("project_id", 1), ("status", 1), ("accepted_at", 1), ("_id", 1)]),
            IndexModel([("project_id", 1), ("_id", -1)]),
            IndexModel([("mentee_id", 1), ("_id", -1)]),
        )

    async def next_in_line(self, project_id: ProjectId | None) -> Stipend | None:
        """Give the one that waits for money and was accepted first."""
        where = {"project_id": project_id, "status": StipendStatus.AWAITING_FUNDS}
        rows = await self.documents.find(where, sort=[("accepted_at", 1), ("_id", 1)], limit=1)
        return self.read(rows[0]) if rows else None

    async def seen_by(
        self, reader: Actor, administered: Sequence[ProjectId], wanted: Mapping[str, Any], request: PageRequest
    ) -> Page[Stipend]:
        """Those the reader may see: their own and their projects', for staff the undecided, for finance all."""
        seen: list[Document] = [{"mentee_id": reader.id}, {"project_id": {"$in": list(administered)}}]
        if reader.has(STAFF):
            seen.append({"status": StipendStatus.UNDECIDED})
        return await self.page({**wanted, **({} if reader.has(FINANCE) else {"$or": seen})}, request)


class Payments(Repository[Payment]):
    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(IndexModel([("due_at", 1)]), IndexModel([("status", 1), ("_id", -1)]))

    async def due(self, at: datetime, *, limit: int) -> list[Payment]:
        return await self.find({"due_at": {"$ne": None, "$lte": at}}, sort="due_at", limit=limit)
