"""A mentee asks for an installment; an administrator of the project approves or declines; finance may hold it."""

from datetime import datetime

from contracts.money import Money
from contracts.stipends import (
    InstallmentApproved,
    InstallmentDeclined,
    InstallmentHeld,
    InstallmentPreapproved,
    InstallmentReleased,
    InstallmentRequested,
    InstallmentStatus,
)
from services.chassis.domain import Actor, Change, Conflict, NotAllowed, NotInThisState
from services.stipends.domain.installment import Installment
from services.stipends.domain.ledger import LARGEST
from services.stipends.domain.payee import Payee
from services.stipends.domain.project import FINANCE, KnownProject
from services.stipends.domain.stipend import Stipend


class PayeeMissing(Conflict):
    """It is not known where to pay."""


class SameApprover(NotAllowed):
    """Two people approve, not one twice."""


class OwnStipend(NotAllowed):
    """Nobody decides about their own stipend."""


def request(stipend: Stipend, number: int, *, payee: Payee | None, by: Actor, at: datetime) -> Change[Stipend]:
    """Ask for an installment that is earned."""
    if by.id != stipend.mentee_id:
        raise NotAllowed("Only the mentee can ask for an installment of their stipend.")
    requested = stipend.installment(number).move(InstallmentStatus.REQUESTED, by=by, at=at, approvers=())
    if payee is None:
        raise PayeeMissing("Say first where to pay: PUT /v1/payees/me.")
    payee.must_be_confirmed()
    return stipend.with_installment(requested).tell(InstallmentRequested, by=by, at=at, number=number)


def approve(
    stipend: Stipend,
    number: int,
    *,
    project: KnownProject,
    payee: Payee,
    by: Actor,
    at: datetime,
    limit: Money = LARGEST,
) -> Change[Stipend]:
    """Let it be paid, the payment is ordered in the same breath; over the limit it waits for a second approver."""
    _must_be_decided_by(stipend, project, by)
    part = stipend.installment(number)
    if part.amount > limit:
        return _preapproved(stipend, part, by=by, at=at)
    return _approved(stipend, part, payee, by=by, at=at)


def second(
    stipend: Stipend,
    number: int,
    *,
    project: KnownProject,
    payee: Payee,
    by: Actor,
    at: datetime,
) -> Change[Stipend]:
    """Approve what another approved already: another administrator, or finance."""
    if by.id == stipend.mentee_id or not by.has(FINANCE):
        _must_be_decided_by(stipend, project, by)
    part = stipend.installment(number)
    if part.status is not InstallmentStatus.REQUESTED or not part.approvers:
        raise NotInThisState("There is no first approval that a second could follow.")
    if by.id in part.approvers:
        raise SameApprover("You approved it already; somebody else gives the second approval.")
    return _approved(stipend, part, payee, by=by, at=at)


def _preapproved(stipend: Stipend, part: Installment, *, by: Actor, at: datetime) -> Change[Stipend]:
    if part.status is not InstallmentStatus.REQUESTED or part.approvers:
        raise NotInThisState("It is not waiting for a first approval.")
    once = part.model_copy(update={"approvers": (by.id,)})
    return stipend.with_installment(once).tell(InstallmentPreapproved, by=by, at=at, number=part.number)


def _approved(stipend: Stipend, part: Installment, payee: Payee, *, by: Actor, at: datetime) -> Change[Stipend]:
    payee.must_be_confirmed()
    approved = part.move(
        InstallmentStatus.APPROVED,
        by=by,
        at=at,
        attempt=1,
        approvers=(*part.approvers, by.id),
        payable_from=payee.payable_from_after(at),
    )
    return stipend.with_installment(approved).tell(InstallmentApproved, by=by, at=at, number=part.number)


def decline(
    stipend: Stipend, number: int, reason: str, *, project: KnownProject, by: Actor, at: datetime
) -> Change[Stipend]:
    """Say no with a reason; the mentee may ask again."""
    _must_be_decided_by(stipend, project, by)
    declined = stipend.installment(number).move(InstallmentStatus.DECLINED, by=by, at=at, reason=reason)
    return stipend.with_installment(declined).tell(InstallmentDeclined, by=by, at=at, number=number, reason=reason)


def hold(stipend: Stipend, number: int, reason: str, *, by: Actor, at: datetime) -> Change[Stipend]:
    """Keep it from going on, and from being paid, until it is released."""
    _must_be_held_by(stipend, by)
    held = stipend.installment(number).move(InstallmentStatus.ON_HOLD, by=by, at=at, reason=reason)
    return stipend.with_installment(held).tell(InstallmentHeld, by=by, at=at, number=number, reason=reason)


def release(stipend: Stipend, number: int, *, by: Actor, at: datetime) -> Change[Stipend]:
    """Let it go on from where it was held."""
    _must_be_held_by(stipend, by)
    released = stipend.installment(number).release(by=by, at=at)
    return stipend.with_installment(released).tell(InstallmentReleased, by=by, at=at, number=number)


def _must_be_held_by(stipend: Stipend, by: Actor) -> None:
    if by.id == stipend.mentee_id:
        raise OwnStipend("This is your own stipend; somebody else of finance decides about it.")


def _must_be_decided_by(stipend: Stipend, project: KnownProject, by: Actor) -> None:
    if by.id == stipend.mentee_id:
        raise OwnStipend("This is your own stipend; an administrator of the project decides about it.")
    project.must_be_administered_by(by)
