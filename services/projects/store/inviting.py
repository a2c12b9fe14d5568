"""The commands of invitations: sent, sent again, taken back, answered, and left unanswered."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from contracts.ids import AccountId, MentorInvitationId, ProjectId
from contracts.projects import MemberRole
from services.chassis.domain import Actor, NotInThisState, NotYetKnown, system
from services.chassis.mongo import DuplicateKeyError
from services.projects.domain import invitation as invitations
from services.projects.domain import members
from services.projects.domain.invitation import InvitationOpen, MentorInvitation, hash_of
from services.projects.domain.project import Project
from services.projects.store import letters
from services.projects.store.kept import Kept

BY_ITSELF: Final = system("projects")
INVITATIONS: Final = "/mentor-invitations"


class Inviting(Kept):
    async def invite(
        self, id: str, project_id: ProjectId, email: str, role: MemberRole, *, token: str, by: Actor, at: datetime
    ) -> MentorInvitation:
        """Keep the invitation and put its letter on its way. Raises `InvitationOpen`."""

        async def work() -> MentorInvitation:
            project = await self.projects.get(project_id)
            known = [person.id for person in await self.people.find({"emails": email.lower()})]
            invited = invitations.invite(
                id, project, email=email, token_hash=hash_of(token), role=role, known_as=known, by=by, at=at
            )
            await self._post_invitation(project, invited.state, token)
            return await self.invitations.add(invited)

        return await self._unless_open(work)

    async def resend_invitation(
        self, project_id: ProjectId, id: MentorInvitationId, *, token: str, by: Actor, at: datetime
    ) -> MentorInvitation:
        """Send it again under a new token. Raises `InvitationOpen` where one was sent in its place meanwhile."""

        async def work() -> MentorInvitation:
            project = await self.projects.get(project_id)
            await self.invitations.in_project(project_id, id)
            renewed = await self.invitations.change(
                id, invitations.resend, project, token_hash=hash_of(token), by=by, at=at
            )
            await self._post_invitation(project, renewed, token)
            return renewed

        return await self._unless_open(work)

    async def revoke_invitation(
        self, project_id: ProjectId, id: MentorInvitationId, *, by: Actor, at: datetime
    ) -> None:
        async def work() -> None:
            project = await self.projects.get(project_id)
            await self.invitations.in_project(project_id, id)
            await self.invitations.change(id, invitations.revoke, project, by=by, at=at)

        await self._store.transaction(work)

    async def accept_invitation(self, token: str, *, by: Actor, at: datetime) -> MentorInvitation:
        """Answer the invitation, make the person what they were invited to be, and tell the administrators."""

        async def work() -> MentorInvitation:
            found, account = await self.invitations.with_token(token), AccountId(by.id)
            addresses = await self._addresses_of(by)
            accepted = await self.invitations.change(found.id, invitations.accept, addresses=addresses, by=by, at=at)
            applying = bool(await self.applications.open_of(found.project_id, account))
            project = await self.projects.change(
                found.project_id, members.welcome, account, found.role, applying=applying, by=by, at=at
            )
            await self._tell_of_answer(project, accepted, by)
            return accepted

        return await self._store.transaction(work)

    async def decline_invitation(self, token: str, *, by: Actor, at: datetime) -> MentorInvitation:
        """Answer the invitation, and tell the administrators."""

        async def work() -> MentorInvitation:
            found, addresses = await self.invitations.with_token(token), await self._addresses_of(by)
            declined = await self.invitations.change(found.id, invitations.decline, addresses=addresses, by=by, at=at)
            await self._tell_of_answer(await self.projects.get(found.project_id), declined, by)
            return declined

        return await self._store.transaction(work)

    async def expire_due_invitation(self, at: datetime) -> bool:
        """Let the most overdue invitation expire and tell who sent it; says whether there was one."""
        due = await self.invitations.most_overdue(at)
        if due is None:
            return False

        async def work() -> None:
            expired = await self.invitations.change(due.id, invitations.expire, by=BY_ITSELF, at=at)
            project = await self.projects.get(expired.project_id)
            asker = [expired.invited_by] if expired.invited_by else project.administrators
            await self.write_to(asker, "invitation_expired", project, path=INVITATIONS, invitation=expired)

        try:
            await self._store.transaction(work)
        except NotInThisState:
            return True  # somebody else was faster: it was answered, or another replica is at work
        return True

    async def _unless_open(self, work: Callable[[], Awaitable[MentorInvitation]]) -> MentorInvitation:
        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            raise InvitationOpen(
                "This address has an open invitation to the same already. Send that one again, or take it back."
            ) from None

    async def _addresses_of(self, by: Actor) -> Sequence[str]:
        person = await self.people.get(by.id)
        if person is None:
            raise NotYetKnown("Your account has not arrived here yet. Ask again in a moment.")
        return person.emails

    async def _tell_of_answer(self, project: Project, answered: MentorInvitation, by: Actor) -> None:
        """Write to the administrators, of whom the person who said yes may be one by now."""
        others = [id for id in project.administrators if id != by.id]
        who = await self.name_of(by.id)
        await self.write_to(
            others, f"invitation_{answered.status}", project, path=INVITATIONS, invitation=answered, who=who
        )

    async def _post_invitation(self, project: Project, invitation: MentorInvitation, token: str) -> None:
        await self.mail.post(
            letters.invitation(project, invitation.role, invitation.email, token=token, public_url=self._public_url)
        )
