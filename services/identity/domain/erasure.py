"""A person's wish to be gone, carried out after a while in which they may change their mind.

asked ⇄ kept
  ↓
 done
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from contracts.applications import ApplicationStatus
from contracts.identity import ErasureCompleted, ErasurePostponed, ErasureRequested, ErasureWithdrawn
from contracts.ids import AccountId, ApplicationId, ProjectId, StipendId
from contracts.projects import ProjectStatus
from contracts.stipends import InstallmentPicture, InstallmentStatus
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound, NotInThisState

AGAIN: Final = timedelta(days=1)
"""After so long it is looked again whether what stood in the way is over."""
UNDER_WAY: Final = frozenset(
    {
        InstallmentStatus.REQUESTED,
        InstallmentStatus.APPROVED,
        InstallmentStatus.ON_HOLD,
        InstallmentStatus.PAYING,
        InstallmentStatus.FAILED,
        InstallmentStatus.RETURNED,
    }
)
"""Money was asked for and has not arrived: without bank details it could not."""


class ErasureUnknown(NotFound):
    """The person did not ask to be erased."""


class MentorshipRunning(Conflict):
    """Others count on the person: the mentorship has to end first."""


class PaymentUnderWay(Conflict):
    """Money is on its way to the person."""


class LastAdministrator(Conflict):
    """A project is never without an administrator."""


class ErasureStatus(StrEnum):
    ASKED = "asked"
    KEPT = "kept"
    DONE = "done"


class Mentorship(BaseModel):
    """Applications' word on an application."""

    model_config = ConfigDict(frozen=True)

    id: ApplicationId
    mentee_id: AccountId
    status: ApplicationStatus


class Stipend(BaseModel):
    """Stipends' word on what a mentee is due."""

    model_config = ConfigDict(frozen=True)

    id: StipendId
    mentee_id: AccountId | None
    installments: tuple[InstallmentPicture, ...]

    @property
    def is_under_way(self) -> bool:
        return any(part.status in UNDER_WAY for part in self.installments)


class Project(BaseModel):
    """Projects' word on who administers a project."""

    model_config = ConfigDict(frozen=True)

    id: ProjectId
    name: str
    status: ProjectStatus
    administrators: tuple[AccountId, ...]

    @property
    def needs_an_administrator(self) -> bool:
        return self.status is not ProjectStatus.ARCHIVED


class Ties(BaseModel):
    """What a person is bound by, as far as the other services have told."""

    model_config = ConfigDict(frozen=True)

    mentorships: Sequence[Mentorship] = ()
    stipends: Sequence[Stipend] = ()
    projects: Sequence[Project] = ()

    def must_not_hold(self, account: AccountId) -> None:
        """Raises `MentorshipRunning`, `PaymentUnderWay`, `LastAdministrator`."""
        if any(each.status is ApplicationStatus.ACTIVE for each in self.mentorships):
            raise MentorshipRunning("Your mentorship is running. Withdraw from it, or finish it, then erase yourself.")
        if any(each.is_under_way for each in self.stipends):
            raise PaymentUnderWay("A payment to you is under way. Wait until it has arrived, then erase yourself.")
        alone = [p.name for p in self.projects if p.administrators == (account,) and p.needs_an_administrator]
        if alone:
            raise LastAdministrator(
                f"You are the last administrator of {', '.join(alone)}. Invite another one, or archive it, first."
            )


class Erasure(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has asked for."""

    concerns: ClassVar = ("id",)

    id: AccountId
    version: int = 0
    status: ErasureStatus = ErasureStatus.KEPT
    asked_at: Instant | None = None
    due_at: Instant | None = None
    """Set while it is asked for."""
    postponed: int = 0
    """How often something stood in its way when it was due."""
    done_at: Instant | None = None

    @property
    def is_asked(self) -> bool:
        return self.status is ErasureStatus.ASKED


def ask(erasure: Erasure, ties: Ties, *, wait: timedelta, by: Actor, at: datetime) -> Change[Erasure]:
    """Ask to be erased after `wait`; asking again changes nothing."""
    if erasure.is_asked:
        return Change(erasure)
    if erasure.status is ErasureStatus.DONE:
        raise NotInThisState("This account was erased, for good.")
    ties.must_not_hold(erasure.id)
    asked = erasure.evolve(status=ErasureStatus.ASKED, asked_at=at, due_at=at + wait, postponed=0)
    return asked.tell(ErasureRequested, by=by, at=at)


def keep(erasure: Erasure, *, by: Actor, at: datetime) -> Change[Erasure]:
    """Change one's mind, as long as it was not done."""
    if not erasure.is_asked:
        raise NotInThisState("You have not asked to be erased, so there is nothing to take back.")
    told = erasure.evolve(status=ErasureStatus.KEPT).tell(ErasureWithdrawn, by=by, at=at)
    return Change(told.state.model_copy(update={"due_at": None}), told.event)


def postpone(erasure: Erasure, *, by: Actor, at: datetime) -> Change[Erasure]:
    """Look again in a day, because something stands in the way."""
    _must_be_due(erasure, at)
    later = erasure.evolve(due_at=at + AGAIN, postponed=erasure.postponed + 1)
    return later.tell(ErasurePostponed, by=by, at=at)


def carry_out(erasure: Erasure, *, by: Actor, at: datetime) -> Change[Erasure]:
    _must_be_due(erasure, at)
    told = erasure.evolve(status=ErasureStatus.DONE, done_at=at).tell(ErasureCompleted, by=by, at=at)
    return Change(told.state.model_copy(update={"due_at": None}), told.event)


def _must_be_due(erasure: Erasure, at: datetime) -> None:
    if not erasure.is_asked or erasure.due_at is None or at < erasure.due_at:
        raise NotInThisState(f"An erasure that is {erasure.status} is not due now.")
