"""An invitation to mentor or to administer, sent by mail, answered once.

invited ⇄ expired
   ↓
accepted | declined | revoked
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId, ActorId, MentorInvitationId, ProjectId
from contracts.projects import (
    InvitationStatus,
    MemberRole,
    MentorInvitationAccepted,
    MentorInvitationDeclined,
    MentorInvitationExpired,
    MentorInvitationRevoked,
    MentorInvitationSent,
)
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, Forbidden, NotFound, NotInThisState
from services.projects.domain.members import FIELDS, AlreadyMember
from services.projects.domain.project import Project

VALID: Final = timedelta(days=7)


class InvitationUnknown(NotFound):
    """No invitation has this token or this id."""


class InvitationUsed(Conflict):
    """An invitation is answered once."""


class InvitationOpen(Conflict):
    """The same person was invited to the same before and may still answer."""


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
    invited_by: ActorId | None = None
    """Who sent it last, and hears when nobody answers."""

    def must_be_open(self, at: datetime) -> None:
        late = self.status is InvitationStatus.INVITED and at >= self.expires_at
        if late or self.status is InvitationStatus.EXPIRED:
            raise InvitationExpired(
                f"This invitation was good until {self.expires_at:%Y-%m-%d}. An administrator can send it again."
            )
        if self.status is not InvitationStatus.INVITED:
            raise InvitationUsed(f"This invitation was {self.status} before.")

    def must_be_answerable(self, addresses: Collection[str], at: datetime) -> None:
        """Refuse an answer of anybody else, a second one, and one that is too late."""
        if self.email not in addresses:
            raise NotInvited(
                "This invitation went to an address that your account has not proved to have. Add it first."
            )
        self.must_be_open(at)


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
    known_as: Collection[AccountId] = (),
    by: Actor,
    at: datetime,
) -> Change[MentorInvitation]:
    """Ask somebody, who may not have an account yet, to join; `known_as` are the accounts that proved the address."""
    _must_be_theirs(project, by)
    if any(account in getattr(project, FIELDS[role]) for account in known_as):
        raise AlreadyMember(f"{email} belongs to somebody who is {role} of this project already.")
    invitation = MentorInvitation(
        id=MentorInvitationId(id),
        project_id=project.id,
        email=email.lower(),
        role=role,
        token_hash=token_hash,
        expires_at=at + VALID,
        invited_by=by.id,
    )
    return invitation.tell(MentorInvitationSent, by=by, at=at)


def resend(
    invitation: MentorInvitation, project: Project, *, token_hash: str, by: Actor, at: datetime
) -> Change[MentorInvitation]:
    """Ask once more, for seven days from now, also after it expired; the link of the mail before no longer holds."""
    _must_be_theirs(project, by)
    if invitation.status not in {InvitationStatus.INVITED, InvitationStatus.EXPIRED}:
        invitation.must_be_open(at)
    renewed = invitation.evolve(
        status=InvitationStatus.INVITED, token_hash=token_hash, expires_at=at + VALID, invited_by=by.id
    )
    return renewed.tell(MentorInvitationSent, by=by, at=at)


def revoke(invitation: MentorInvitation, project: Project, *, by: Actor, at: datetime) -> Change[MentorInvitation]:
    """Take it back before it is answered."""
    project.must_be_administered_by(by)
    invitation.must_be_open(at)
    return invitation.evolve(status=InvitationStatus.REVOKED).tell(MentorInvitationRevoked, by=by, at=at)


def expire(invitation: MentorInvitation, *, by: Actor, at: datetime) -> Change[MentorInvitation]:
    """Note that the seven days are over without an answer."""
    if invitation.status is not InvitationStatus.INVITED or at < invitation.expires_at:
        raise NotInThisState(f"An invitation {invitation.status} until {invitation.expires_at} does not expire now.")
    return invitation.evolve(status=InvitationStatus.EXPIRED).tell(MentorInvitationExpired, by=by, at=at)


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
