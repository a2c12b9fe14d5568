"""A request to mentor, made by a person and answered by an administrator.

requested → approved | declined | withdrawn
"""

from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from contracts.event import Event
from contracts.ids import AccountId, MentorRequestId, ProjectId
from contracts.projects import (
    MentorRequestApproved,
    MentorRequestDeclined,
    MentorRequestSent,
    MentorRequestWithdrawn,
    ProjectStatus,
    RequestStatus,
)
from contracts.time import Instant
from services.chassis.domain import (
    Actor,
    Aggregate,
    Change,
    Conflict,
    NotAllowed,
    NotFound,
    NotInThisState,
    RuleBroken,
)
from services.projects.domain.members import AlreadyMember, must_not_be_a_mentee
from services.projects.domain.project import Project, ProjectUnknown

PAUSE: Final = timedelta(days=30)
"""After a decline, before the same person may ask again. Source: domain.md."""


class RequestUnknown(NotFound):
    """There is no such request to this project, or it is not for this reader."""


class RequestAnswered(Conflict):
    """A request is answered or withdrawn once."""


class RequestOpen(Conflict):
    """The person has asked already and waits for the answer."""


class AskedTooSoon(Conflict):
    """The person was declined less than 30 days ago."""


class MentorProfileIncomplete(RuleBroken):
    """Administrators decide by the mentor profile, so it is there before somebody asks."""


class NotPublished(NotInThisState):
    """Nobody new is sought while the public does not see the project."""


class ProjectPast(NotInThisState):
    """Every term of the project is over."""


class MentorRequest(Aggregate):
    concerns: ClassVar = ("account_id",)

    id: MentorRequestId
    project_id: ProjectId
    account_id: AccountId
    message: str = ""
    """What the person wrote to the administrators; for nobody else."""
    status: RequestStatus = RequestStatus.REQUESTED
    asked_at: Instant
    answered_at: Instant | None = None
    answer: str = ""
    """What the administrator wrote back."""

    def end(self, to: RequestStatus, *, at: datetime, answer: str = "") -> Self:
        if self.status is not RequestStatus.REQUESTED:
            raise RequestAnswered(f"This request was {self.status} before.")
        return self.evolve(status=to, answered_at=at, answer=answer)


def ask(
    request: MentorRequest,
    project: Project,
    last: MentorRequest | None,
    *,
    complete: bool,
    applying: bool,
    past: bool,
    by: Actor,
    at: datetime,
) -> Change[MentorRequest]:
    """Ask to mentor. `last` is the person's newest request to this project. Source: domain.md, Mentors."""
    _must_seek_mentors(project, by, past=past)
    if request.account_id in project.mentors:
        raise AlreadyMember("You mentor in this project already.")
    must_not_be_a_mentee(applying=applying)
    _must_have_waited(last, at)
    if not complete:
        raise MentorProfileIncomplete(
            "Your mentor profile is not complete, or has not arrived here yet. Complete it, then ask again."
        )
    return request.tell(MentorRequestSent, by=by, at=at)


def approve(request: MentorRequest, project: Project, *, by: Actor, at: datetime) -> Change[MentorRequest]:
    """Say yes; that the person becomes a mentor is decided at the project, in the same transaction."""
    return _answer(request, project, RequestStatus.APPROVED, MentorRequestApproved, "", by=by, at=at)


def decline(
    request: MentorRequest, project: Project, *, answer: str = "", by: Actor, at: datetime
) -> Change[MentorRequest]:
    """Say no, with words for the person if there are any."""
    return _answer(request, project, RequestStatus.DECLINED, MentorRequestDeclined, answer, by=by, at=at)


def withdraw(request: MentorRequest, project: Project, *, by: Actor, at: datetime) -> Change[MentorRequest]:
    """No longer ask; that is the person's alone, whatever became of the project."""
    if by.id != request.account_id:
        _must_be_answered_by(by, project, request)
        raise NotAllowed("Only the person who asked can withdraw the request. Decline it instead.")
    return request.end(RequestStatus.WITHDRAWN, at=at).tell(MentorRequestWithdrawn, by=by, at=at)


def _answer(
    request: MentorRequest,
    project: Project,
    to: RequestStatus,
    event: type[Event],
    answer: str,
    *,
    by: Actor,
    at: datetime,
) -> Change[MentorRequest]:
    _must_be_answered_by(by, project, request)
    project.must_not_be_archived()
    return request.end(to, at=at, answer=answer).tell(event, by=by, at=at)


def _must_be_answered_by(by: Actor, project: Project, request: MentorRequest) -> None:
    """Refuse all but administrators; who neither is one nor asked is not told that somebody did."""
    if by.id in project.administrators:
        return
    if by.id != request.account_id:
        raise RequestUnknown(f"There is no request {request.id!r} to this project.")
    raise NotAllowed("Only an administrator of this project answers a request.")


def _must_seek_mentors(project: Project, by: Actor, *, past: bool) -> None:
    if not project.is_seen_by(by):
        raise ProjectUnknown(f"There is no project {project.id!r}.")
    if project.status is not ProjectStatus.PUBLISHED:
        raise NotPublished(f"The project is {project.status}. Requests are taken while it is published.")
    if past:
        raise ProjectPast("Every term of this project is over, so it seeks no mentors.")


def _must_have_waited(last: MentorRequest | None, at: datetime) -> None:
    if last is None:
        return
    if last.status is RequestStatus.REQUESTED:
        raise RequestOpen("You have asked already. Wait for the answer, or withdraw that request.")
    if last.status is RequestStatus.DECLINED and last.answered_at and at < last.answered_at + PAUSE:
        raise AskedTooSoon(f"Your request was declined. You may ask again from {last.answered_at + PAUSE:%Y-%m-%d} on.")
