"""Mentor invitations, and requests to join as mentor."""

from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId, MentorInvitationId, MentorRequestId, ProjectId
from contracts.time import Instant


class InvitationStatus(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


class MemberRole(StrEnum):
    """What somebody is in a project."""

    MENTOR = "mentor"
    ADMINISTRATOR = "administrator"


class MentorInvitationEvent(Event):
    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.events"
    noun: ClassVar[str] = "mentor-invitation"

    id: MentorInvitationId
    project_id: ProjectId
    status: InvitationStatus
    role: MemberRole = MemberRole.MENTOR
    expires_at: Instant


class MentorInvitationSent(MentorInvitationEvent):
    """An administrator invited somebody by mail, or did so again; the address stays with projects."""

    type: Literal["mentor-invitation.sent.v1"] = "mentor-invitation.sent.v1"


class MentorInvitationAccepted(MentorInvitationEvent):
    """The invited person said yes."""

    type: Literal["mentor-invitation.accepted.v1"] = "mentor-invitation.accepted.v1"
    account_id: AccountId


class MentorInvitationDeclined(MentorInvitationEvent):
    """The invited person said no."""

    type: Literal["mentor-invitation.declined.v1"] = "mentor-invitation.declined.v1"
    account_id: AccountId


class MentorInvitationRevoked(MentorInvitationEvent):
    """An administrator took the invitation back before it was answered."""

    type: Literal["mentor-invitation.revoked.v1"] = "mentor-invitation.revoked.v1"


class MentorInvitationExpired(MentorInvitationEvent):
    """Nobody answered for seven days; it can be sent again."""

    type: Literal["mentor-invitation.expired.v1"] = "mentor-invitation.expired.v1"


class RequestStatus(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class MentorRequestEvent(Event):
    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.events"
    noun: ClassVar[str] = "mentor-request"

    id: MentorRequestId
    project_id: ProjectId
    account_id: AccountId
    """Who wants to mentor."""
    status: RequestStatus


class MentorRequestSent(MentorRequestEvent):
    """A person asked to mentor; what they wrote stays with projects."""

    type: Literal["mentor-request.sent.v1"] = "mentor-request.sent.v1"


class MentorRequestApproved(MentorRequestEvent):
    """An administrator said yes; the person is a mentor."""

    type: Literal["mentor-request.approved.v1"] = "mentor-request.approved.v1"


class MentorRequestDeclined(MentorRequestEvent):
    """An administrator said no; the person may ask again after 30 days."""

    type: Literal["mentor-request.declined.v1"] = "mentor-request.declined.v1"


class MentorRequestWithdrawn(MentorRequestEvent):
    """The person no longer asks."""

    type: Literal["mentor-request.withdrawn.v1"] = "mentor-request.withdrawn.v1"
