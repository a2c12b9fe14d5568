"""An invitation to mentor or to administer, sent by mail, answered once.

invited → accepted | declined | revoked
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId, MentorInvitationId, ProjectId
from contracts.projects import (
    InvitationStatus,
    MemberRole,
    MentorInvitationAccepted,
    MentorInvitationDeclined,
    MentorInvitationRevoked,
    MentorInvitationSent,
)
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, Forbidden, NotFound
from services.projects.domain.project import Project

VALID: Final = timedelta(days=7)


class InvitationUnknown(NotFound):
    """No invitation has this token or this id."""


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
    role: MemberRole = MemberRole.MENTOR
    token_hash: str
    status: InvitationStatus = InvitationStatus.INVITED
    expires_at: Instant

    def must_be_open(self) -> None:
        if self.status is not InvitationStatus.INVITED:
            raise InvitationUsed(f"This invitation was {self.status} before.")

    def must_be_answerable(self, addresses: Collection[str], at: datetime) -> None:
        """Refuse an answer of anybody else, a second one, and one that is too late."""
        if self.email not in addresses:
            raise NotInvited(
                "This invitation went to an address that your account has not proved to have. Add it first."
            )
        self.must_be_open()
        if at >= self.expires_at:
            raise InvitationExpired(f"This invitation was good until {self.expires_at:%Y-%m-%d}. Ask for another.")


def hash_of(token: str) -> str:
    """What is kept of a token; it is random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def invite(
    id: str,
    project: Project,
    *,
    email: str,
    token_hash: str,
    role: MemberRole = MemberRole.MENTOR,
    by: Actor,
    at: datetime,
) -> Change[MentorInvitation]:
    """Ask somebody, who may not have an account yet, to join."""
    _must_be_theirs(project, by)
    invitation = MentorInvitation(
        id=MentorInvitationId(id),
        project_id=project.id,
        email=email.lower(),
        role=role,
        token_hash=token_hash,
        expires_at=at + VALID,
    )
    return invitation.tell(MentorInvitationSent, by=by, at=at)


def resend(
    invitation: MentorInvitation, project: Project, *, token_hash: str, by: Actor, at: datetime
) -> Change[MentorInvitation]:
    """Ask once more, for seven days from now; the link of the mail before no longer holds."""
    _must_be_theirs(project, by)
    invitation.must_be_open()
    renewed = invitation.evolve(token_hash=token_hash, expires_at=at + VALID)
    return renewed.tell(MentorInvitationSent, by=by, at=at)


def revoke(invitation: MentorInvitation, project: Project, *, by: Actor, at: datetime) -> Change[MentorInvitation]:
    """Take it back before it is answered."""
    project.must_be_administered_by(by)
    invitation.must_be_open()
    return invitation.evolve(status=InvitationStatus.REVOKED).tell(MentorInvitationRevoked, by=by, at=at)


def accept(
    invitation: MentorInvitation, *, addresses: Collection[str], by: Actor, at: datetime
) -> Change[MentorInvitation]:
    """Say yes; any proved address of the account may be the invited one."""
    invitation.must_be_answerable(addresses, at)
    accepted = invitation.evolve(status=InvitationStatus.ACCEPTED)
    return accepted.tell(MentorInvitationAccepted, by=by, at=at, account_id=AccountId(by.id))


def decline(
    invitation: MentorInvitation, *, addresses: Collection[str], by: Actor, at: datetime
) -> Change[MentorInvitation]:
    """Say no."""
    invitation.must_be_answerable(addresses, at)
    declined = invitation.evolve(status=InvitationStatus.DECLINED)
    return declined.tell(MentorInvitationDeclined, by=by, at=at, account_id=AccountId(by.id))


def _must_be_theirs(project: Project, by: Actor) -> None:
    project.must_be_administered_by(by)
    project.must_not_be_archived()
