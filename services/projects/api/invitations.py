"""Invitations to the people of a project: sent by an administrator, answered by the invited."""

import secrets

from pydantic import EmailStr

from contracts.ids import MentorInvitationId, ProjectId
from contracts.projects import InvitationStatus, MemberRole
from contracts.time import Instant
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.paging import Page, Paging
from services.chassis.text import Line
from services.projects.api.data import Data, Id
from services.projects.domain.invitation import MentorInvitation

of_project = router("/v1/projects", "mentor invitations")
routes = router("/v1/mentor-invitations", "mentor invitations")


class InviteMentor(Body):
    email: EmailStr


class InviteAdministrator(Body):
    email: EmailStr


class AnswerInvitation(Body):
    token: Line


class InvitationView(View):
    id: MentorInvitationId
    project_id: ProjectId
    role: MemberRole
    status: InvitationStatus
    expires_at: Instant
    version: int


class SentInvitationView(InvitationView):
    """What administrators see: also whom they asked."""

    email: str


@of_project.post("/{id}/mentor-invitations", response_model=SentInvitationView, status_code=201)
async def invite_mentor(
    id: Id, command: InviteMentor, data: Data, by: By, now: Now, invitation_id: NewId
) -> MentorInvitation:
    role, token = MemberRole.MENTOR, _new_token()
    return await data.invite(invitation_id, id, command.email, role, token=token, by=by, at=now)


@of_project.post("/{id}/administrators", response_model=SentInvitationView, status_code=201)
async def invite_administrator(
    id: Id, command: InviteAdministrator, data: Data, by: By, now: Now, invitation_id: NewId
) -> MentorInvitation:
    role, token = MemberRole.ADMINISTRATOR, _new_token()
    return await data.invite(invitation_id, id, command.email, role, token=token, by=by, at=now)


@of_project.get("/{id}/mentor-invitations", response_model=Page[SentInvitationView])
async def list_invitations(id: Id, data: Data, by: By, paging: Paging) -> Page[MentorInvitation]:
    return await data.invitations.shown_to(by, await data.projects.get(id), paging)


@of_project.post("/{id}/mentor-invitations/{invitation_id}/resend", response_model=SentInvitationView)
async def resend_invitation(
    id: Id, invitation_id: MentorInvitationId, data: Data, by: By, now: Now
) -> MentorInvitation:
    return await data.resend_invitation(id, invitation_id, token=_new_token(), by=by, at=now)


@of_project.delete("/{id}/mentor-invitations/{invitation_id}", status_code=204)
async def revoke_invitation(id: Id, invitation_id: MentorInvitationId, data: Data, by: By, now: Now) -> None:
    await data.revoke_invitation(id, invitation_id, by=by, at=now)


@routes.post("/accept", response_model=InvitationView)
async def accept_invitation(command: AnswerInvitation, data: Data, by: By, now: Now) -> MentorInvitation:
    return await data.accept_invitation(command.token, by=by, at=now)


@routes.post("/decline", response_model=InvitationView)
async def decline_invitation(command: AnswerInvitation, data: Data, by: By, now: Now) -> MentorInvitation:
    return await data.decline_invitation(command.token, by=by, at=now)


def _new_token() -> str:
    return secrets.token_urlsafe(16)
