"""The commands around the people of a project: asked, answering, joining, shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.ids import AccountId, MentorInvitationId, ProjectId
from contracts.projects import MemberRole
from services.chassis.domain import Actor, NotYetKnown
from services.projects.domain import invitation as invitations
from services.projects.domain import members
from services.projects.domain.invitation import MentorInvitation, hash_of
from services.projects.domain.project import STAFF, Project
from services.projects.store import letters
from services.projects.store.kept import Kept


@dataclass(frozen=True)
class Member:
    """Somebody in a project, by name."""

    id: AccountId
    name: str
    role: MemberRole


class Membership(Kept):
    async def invite(
        self, id: str, project_id: ProjectId, email: str, role: MemberRole, *, token: str, by: Actor, at: datetime
    ) -> MentorInvitation:
        """Keep the invitation and put its letter on its way."""

        async def work() -> MentorInvitation:
            project = await self.projects.get(project_id)
            invited = invitations.invite(id, project, email=email, token_hash=hash_of(token), role=role, by=by, at=at)
            await self._post_invitation(project, invited.state, token)
            return await self.invitations.add(invited)

        return await self._store.transaction(work)

    async def resend_invitation(
        self, project_id: ProjectId, id: MentorInvitationId, *, token: str, by: Actor, at: datetime
    ) -> MentorInvitation:
        async def work() -> MentorInvitation:
            project = await self.projects.get(project_id)
            await self.invitations.in_project(project_id, id)
            renewed = await self.invitations.change(
                id, invitations.resend, project, token_hash=hash_of(token), by=by, at=at
            )
            await self._post_invitation(project, renewed, token)
            return renewed

        return await self._store.transaction(work)

    async def revoke_invitation(
        self, project_id: ProjectId, id: MentorInvitationId, *, by: Actor, at: datetime
    ) -> None:
        async def work() -> None:
            project = await self.projects.get(project_id)
            await self.invitations.in_project(project_id, id)
            await self.invitations.change(id, invitations.revoke, project, by=by, at=at)

        await self._store.transaction(work)

    async def accept_invitation(self, token: str, *, by: Actor, at: datetime) -> MentorInvitation:
        """Answer the invitation and make the person what they were invited to be."""

        async def work() -> MentorInvitation:
            found, account = await self.invitations.with_token(token), AccountId(by.id)
            addresses = await self._addresses_of(by)
            accepted = await self.invitations.change(found.id, invitations.accept, addresses=addresses, by=by, at=at)
            applying = bool(await self.applications.open_of(found.project_id, account))
            await self.projects.change(
                found.project_id, members.welcome, account, found.role, applying=applying, by=by, at=at
            )
            return accepted

        return await self._store.transaction(work)

    async def decline_invitation(self, token: str, *, by: Actor, at: datetime) -> MentorInvitation:
        async def work() -> MentorInvitation:
            found, addresses = await self.invitations.with_token(token), await self._addresses_of(by)
            return await self.invitations.change(found.id, invitations.decline, addresses=addresses, by=by, at=at)

        return await self._store.transaction(work)

    async def _addresses_of(self, by: Actor) -> Sequence[str]:
        person = await self.people.get(by.id)
        if person is None:
            raise NotYetKnown("Your account has not arrived here yet. Ask again in a moment.")
        return person.emails

    async def _post_invitation(self, project: Project, invitation: MentorInvitation, token: str) -> None:
        await self.mail.post(
            letters.invitation(project, invitation.role, invitation.email, token=token, public_url=self._public_url)
        )

    async def members(self, project: Project, reader: Actor | None) -> list[Member]:
        """Name the mentors; administrators of the project and staff see its administrators too."""
        told = {MemberRole.MENTOR: project.mentors}
        if reader is not None and (reader.id in project.administrators or reader.has(STAFF)):
            told = {MemberRole.ADMINISTRATOR: project.administrators, **told}
        people = await self.people.find({"_id": {"$in": [id for ids in told.values() for id in ids]}})
        names = {person.id: person.name for person in people}
        return [Member(id, names[id], role) for role, ids in told.items() for id in ids if id in names]
