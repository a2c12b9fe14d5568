"""What other services told: who people are, and where their applications stand."""

from collections.abc import Mapping

from pydantic import BaseModel

from contracts.applications import ApplicationStatus
from contracts.ids import AccountId, ApplicationId, ProjectId, TermId
from services.chassis.mongo import Document, IndexModel
from services.chassis.store import Projection
from services.projects.domain.project import ENGAGED, UNDECIDED


class Person(BaseModel):
    """Identity's word on who an account is."""

    id: AccountId
    name: str
    emails: tuple[str, ...]


class Application(BaseModel):
    """Applications' word on who applied to what, and how far that went."""

    id: ApplicationId
    project_id: ProjectId
    term_id: TermId
    mentee_id: AccountId
    status: ApplicationStatus


class Applications(Projection[Application]):
    async def prepare(self, *_: IndexModel) -> None:
        await super().prepare(IndexModel([("project_id", 1), ("status", 1)]), IndexModel([("term_id", 1)]))

    async def tally(self, project_id: ProjectId) -> Mapping[ApplicationStatus, int]:
        """Count a project's applications by status."""
        stages: list[Document] = [
            {"$match": {"project_id": project_id}},
            {"$group": {"_id": "$status", "count": {"$sum": 1}}},
        ]
        return {ApplicationStatus(row["_id"]): row["count"] for row in await self.documents.aggregate(stages)}

    async def of_term(self, term_id: TermId) -> int:
        """Say whether anybody ever applied to the term: 1 or 0."""
        return await self.documents.count({"term_id": term_id}, limit=1)

    async def open_of(self, project_id: ProjectId, account: AccountId) -> int:
        """Say whether the person has an application to the project that is not at its end: 1 or 0."""
        open_ = {"$in": sorted(UNDECIDED | ENGAGED)}
        return await self.documents.count({"project_id": project_id, "status": open_, "mentee_id": account}, limit=1)
