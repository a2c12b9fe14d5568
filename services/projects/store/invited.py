"""Invitations: found by their token or in their project; one is open for an address and a role."""

from datetime import datetime

from contracts.ids import MentorInvitationId, ProjectId
from contracts.projects import InvitationStatus
from services.chassis.domain import Actor
from services.chassis.mongo import Document, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Repository
from services.projects.domain.invitation import InvitationUnknown, MentorInvitation, hash_of
from services.projects.domain.project import Project


class Invitations(Repository[MentorInvitation]):
    def write(self, state: MentorInvitation) -> Document:
        if state.status is not InvitationStatus.INVITED:
            return super().write(state)
        return super().write(state) | {"open": f"{state.project_id}/{state.role}/{state.email}"}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("token_hash", 1)], unique=True),
            IndexModel([("project_id", 1), ("_id", -1)]),
            IndexModel([("email", 1)]),
            IndexModel([("open", 1)], unique=True, partialFilterExpression={"open": {"$exists": True}}),
            IndexModel([("expires_at", 1)], partialFilterExpression={"status": InvitationStatus.INVITED}),
        )

    async def with_token(self, token: str) -> MentorInvitation:
        found = await self.find_one({"token_hash": hash_of(token)})
        if found is None:
            raise InvitationUnknown("No invitation has this token. Use the link of the newest mail.")
        return found

    async def in_project(self, project_id: ProjectId, id: MentorInvitationId) -> MentorInvitation:
        found = await self.find_one({"_id": id, "project_id": project_id})
        if found is None:
            raise InvitationUnknown(f"There is no invitation {id!r} to this project.")
        return found

    async def shown_to(self, by: Actor, project: Project, request: PageRequest) -> Page[MentorInvitation]:
        """Those to a project, for its administrators."""
        project.must_be_administered_by(by)
        return await self.page({"project_id": project.id}, request)

    async def most_overdue(self, at: datetime) -> MentorInvitation | None:
        """Give the one that should have expired for longest."""
        late = {"status": InvitationStatus.INVITED, "expires_at": {"$lte": at}}
        return next(iter(await self.find(late, sort="expires_at", limit=1)), None)
