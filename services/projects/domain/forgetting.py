"""What stays of somebody who erased themself: that an account was asked, asked, or belonged, under an id of nobody."""

from datetime import datetime
from typing import Final

from contracts.ids import AccountId
from contracts.projects import (
    AdministratorLeft,
    InvitationStatus,
    MentorInvitationRevoked,
    MentorLeft,
    MentorRequestWithdrawn,
    RequestStatus,
)
from services.chassis.domain import Actor, Change
from services.projects.domain.invitation import MentorInvitation
from services.projects.domain.project import Project
from services.projects.domain.request import MentorRequest

COULD_BE_SENT: Final = frozenset({InvitationStatus.INVITED, InvitationStatus.EXPIRED})


def forget_member(project: Project, account: AccountId, *, by: Actor, at: datetime) -> Change[Project]:
    """Let them leave, whatever else would keep them; a last administrator stays as an id, for there is never none."""
    others = tuple(each for each in project.administrators if each != account)
    after = project.evolve(
        administrators=others or project.administrators,
        mentors=tuple(each for each in project.mentors if each != account),
    )
    if after.administrators != project.administrators:
        return after.tell(AdministratorLeft, by=by, at=at, administrator_id=account, replaced_by=None)
    if after.mentors != project.mentors:
        return after.tell(MentorLeft, by=by, at=at, mentor_id=account, replaced_by=None)
    return Change(project)


def forget_invited(invitation: MentorInvitation, *, by: Actor, at: datetime) -> Change[MentorInvitation]:
    """Forget the address; what could still be answered or sent again is revoked."""
    if invitation.status not in COULD_BE_SENT:
        return Change(invitation.evolve(email=""))
    return invitation.evolve(email="", status=InvitationStatus.REVOKED).tell(MentorInvitationRevoked, by=by, at=at)


def forget_request(request: MentorRequest, *, by: Actor, at: datetime) -> Change[MentorRequest]:
    """Forget what was written on either side; what waits for an answer is withdrawn."""
    if request.status is not RequestStatus.REQUESTED:
        return Change(request.evolve(message="", answer=""))
    withdrawn = request.end(RequestStatus.WITHDRAWN, at=at).evolve(message="")
    return withdrawn.tell(MentorRequestWithdrawn, by=by, at=at)
