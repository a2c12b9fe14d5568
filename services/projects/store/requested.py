"""Requests to mentor: one is open for a person and a project."""

from contracts.ids import AccountId, MentorRequestId, ProjectId
from contracts.projects import RequestStatus
from services.chassis.domain import Actor
from services.chassis.mongo import Document, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Repository
from services.projects.domain.project import Project, ProjectUnknown
from services.projects.domain.request import MentorRequest, RequestUnknown


class Requests(Repository[MentorRequest]):
    def write(self, state: MentorRequest) -> Document:
        if state.status is not RequestStatus.REQUESTED:
            return super().write(state)
        return super().write(state) | {"open": f"{state.project_id}/{state.account_id}"}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("open", 1)], unique=True, partialFilterExpression={"open": {"$exists": True}}),
            IndexModel([("project_id", 1), ("_id", -1)]),
            IndexModel([("account_id", 1), ("project_id", 1), ("_id", -1)]),
        )

    async def last_of(self, account: AccountId, project_id: ProjectId) -> MentorRequest | None:
        where = {"account_id": account, "project_id": project_id}
        newest = await self.documents.find(where, sort=[("_id", -1)], limit=1)
        return next((self.read(document) for document in newest), None)

    async def in_project(self, project_id: ProjectId, id: MentorRequestId) -> MentorRequest:
        found = await self.find_one({"_id": id, "project_id": project_id})
        if found is None:
            raise RequestUnknown(f"There is no request {id!r} to this project.")
        return found

    async def shown_to(self, by: Actor, project: Project, request: PageRequest) -> Page[MentorRequest]:
        """All of a project for its administrators, for others their own, also when they see the project no more."""
        if by.id in project.administrators:
            return await self.page({"project_id": project.id}, request)
        own = await self.page({"project_id": project.id, "account_id": by.id}, request)
        if not own.items and not project.is_seen_by(by):
            raise ProjectUnknown(f"There is no project {project.id!r}.")
        return own
