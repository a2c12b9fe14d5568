"""What other services told: who people are, and where their applications and evaluations stand."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from contracts.applications import ApplicationStatus, Milestone, Verdict
from contracts.identity import PlatformRole
from contracts.ids import AccountId, ApplicationId, EvaluationId, ProjectId, TermId
from contracts.stipends import PolicyKind
from services.chassis.mongo import Document, IndexModel
from services.chassis.store import Projection
from services.projects.domain.project import ENGAGED, UNDECIDED, Mentees


class Person(BaseModel):
    """Identity's word on who an account is."""

    id: AccountId
    name: str
    emails: tuple[str, ...]


class Account(BaseModel):
    """Identity's word on which platform roles an account holds."""

    id: AccountId
    roles: tuple[PlatformRole, ...]


class Policy(BaseModel):
    """Stipends' word on how a project pays."""

    id: ProjectId
    kind: PolicyKind

    @property
    def pays(self) -> bool:
        return self.kind is not PolicyKind.NONE


class Mentor(BaseModel):
    """Identity's word on whether somebody told all about themself as a mentor."""

    id: AccountId
    complete: bool


class Evaluation(BaseModel):
    """Applications' word on an evaluation that is due, or was given."""

    id: EvaluationId
    application_id: ApplicationId
    milestone: Milestone
    verdict: Verdict | None


class Application(BaseModel):
    """Applications' word on who applied to what, and how far that went."""

    id: ApplicationId
    project_id: ProjectId
    term_id: TermId
    mentee_id: AccountId
    status: ApplicationStatus


class Applications(Projection[Application]):
    async def prepare(self, *_: IndexModel) -> None:
        await super().prepare(
            IndexModel([("project_id", 1), ("status", 1)]),
            IndexModel([("term_id", 1), ("status", 1)]),
            IndexModel([("mentee_id", 1)]),
        )

    async def tally(self, project_id: ProjectId, *statuses: ApplicationStatus) -> Mapping[ApplicationStatus, int]:
        """Count a project's applications by status; of these alone, where some are named."""
        stages: list[Document] = [
            {"$match": {"project_id": project_id, **({"status": {"$in": list(statuses)}} if statuses else {})}},
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

    async def mentees_of(self, project_id: ProjectId) -> Mentees:
        """Count who is mentored now and who graduated."""
        tally = await self.tally(project_id, ApplicationStatus.ACTIVE, ApplicationStatus.GRADUATED)
        return Mentees(
            current=tally.get(ApplicationStatus.ACTIVE, 0), graduated=tally.get(ApplicationStatus.GRADUATED, 0)
        )

    async def holding_places(self, term_id: TermId) -> int:
        """Count those who have a place in the term: who graduated keeps it."""
        holding = sorted({*ENGAGED, ApplicationStatus.GRADUATED})
        return await self.documents.count({"term_id": term_id, "status": {"$in": holding}})

    async def active_in(self, project_id: ProjectId) -> list[Application]:
        return await self.find({"project_id": project_id, "status": ApplicationStatus.ACTIVE})

    async def going_on_of(self, account: AccountId) -> list[Application]:
        """Give a person's applications that may still lead somewhere, or did."""
        ended = [ApplicationStatus.DECLINED, ApplicationStatus.WITHDRAWN, ApplicationStatus.FAILED]
        return await self.find({"mentee_id": account, "status": {"$nin": ended}})


class Evaluations(Projection[Evaluation]):
    async def prepare(self, *_: IndexModel) -> None:
        await super().prepare(IndexModel([("application_id", 1)]))

    async def open_among(self, applications: Sequence[Application]) -> int:
        """Count the evaluations that these mentorships cannot do without and that nobody gave yet."""
        ids = [application.id for application in applications]
        required = [Milestone.MIDTERM, Milestone.FINAL]
        where = {"application_id": {"$in": ids}, "milestone": {"$in": required}, "verdict": None}
        return await self.documents.count(where)
