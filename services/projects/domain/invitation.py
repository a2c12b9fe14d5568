"""An invitation to mentor, sent by mail, answered once.

invited → accepted
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId, MentorInvitationId, ProjectId
from contracts.projects import InvitationStatus, MentorInvitationAccepted, MentorInvitationSent
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, Forbidden, NotFound
from services.projects.domain.project import Project

VALID: Final = timedelta(days=7)


class InvitationUnknown(NotFound):
    """No invitation has this token."""


class InvitationUsed(Conflict):
    """An invitation is answered once."""


class InvitationExpired(Conflict):
    """The seven days are over."""


class NotInvited(Forbidden):
    """The invitation is for an address that this account has not proved to have."""


class MentorInvitation(Aggregate):
    id: MentorInvitationId
    project_id: ProjectId
    email: str
    """Lower case."""
    token_hash: str
    status: InvitationStatus = InvitationStatus.INVITED
    expires_at: Instant


def invite(
    id: str, project: Project, *, email: str, token_hash: str, by: Actor, at: datetime
) -> Change[MentorInvitation]:
    """Ask somebody, who may not have an account yet, to mentor."""
    project.must_be_administered_by(by)
    invitation = MentorInvitation(
        id=MentorInvitationId(id),
        project_id=project.id,
        email=email.lower(),
        token_hash=token_hash,
        expires_at=at + VALID,
    )
    return invitation.tell(MentorInvitationSent, by=by, at=at)


def accept(
    invitation: MentorInvitation, *, addresses: Collection[str], by: Actor, at: datetime
) -> Change[MentorInvitation]:
    """Say yes; any proved address of the account may be the invited one."""
    if invitation.email not in addresses:
        raise NotInvited("This invitation went to an address that your account has not proved to have. Add it first.")
    if invitation.status is not InvitationStatus.INVITED:
        raise InvitationUsed("This invitation was answered before.")
    if at >= invitation.expires_at:
        raise InvitationExpired(f"This invitation was good until {invitation.expires_at:%Y-%m-%d}. Ask for another.")
    accepted = invitation.evolve(status=InvitationStatus.ACCEPTED)
    return accepted.tell(MentorInvitationAccepted, by=by, at=at, account_id=AccountId(by.id))
