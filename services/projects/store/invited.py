"""Invitations: found by their token or in their project."""

from contracts.ids import MentorInvitationId, ProjectId
from services.chassis.domain import Actor
from services.chassis.mongo import IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Repository
from services.projects.domain.invitation import InvitationUnknown, MentorInvitation, hash_of
from services.projects.domain.project import Project


class Invitations(Repository[MentorInvitation]):
    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("token_hash", 1)], unique=True),
            IndexModel([("project_id", 1), ("_id", -1)]),
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
