"""Verifies the ledger as it is kept; only reads, also beside the running service."""

from pydantic import ValidationError

from contracts.ids import ProjectId
from services.chassis.mongo import Database
from services.stipends.domain.audit import Broken, Finding, compare, follow
from services.stipends.domain.ledger import Budget
from services.stipends.store.budgets import Budgets, Postings


class Auditor:
    def __init__(self, database: Database, budgets: Budgets, postings: Postings) -> None:
        self._database = database
        self._budgets = budgets
        self._postings = postings

    async def projects(self) -> list[ProjectId]:
        """Name every project that has a budget or a posting."""
        budgets = {row["_id"] for row in await self._budgets.documents.find({}, fields={"_id": 1})}
        return sorted(map(ProjectId, map(str, budgets | await self._postings.projects())))

    async def verify(self, project_id: ProjectId) -> Finding:
        """Walk one project's chain to its end or to the first broken place, at one instant of the store."""
        return await self._database.snapshot(lambda: self._walk(project_id))

    async def _walk(self, project_id: ProjectId) -> Finding:
        derived = Budget(id=project_id, version=0)
        fault = None
        try:
            async for row in self._postings.each_of(project_id):
                derived = follow(derived, row)
            compare(derived, await self._kept(project_id))
        except Broken as broken:
            fault = str(broken)
        return Finding(project_id=project_id, postings=derived.sequence, head=derived.head, fault=fault)

    async def _kept(self, project_id: ProjectId) -> Budget | None:
        try:
            return await self._budgets.find_one({"_id": project_id})
        except ValidationError as error:
            raise Broken(f"The budget cannot be read: {error.errors()[0]['msg']}") from error
