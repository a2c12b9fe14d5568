"""A mentee asks for an installment; an administrator of the project approves or declines; finance may hold it."""

from datetime import datetime

from contracts.stipends import (
    InstallmentApproved,
    InstallmentDeclined,
    InstallmentHeld,
    InstallmentReleased,
    InstallmentRequested,
    InstallmentStatus,
)
from services.chassis.domain import Actor, Change, Conflict, NotAllowed
from services.stipends.domain.project import FINANCE, KnownProject
from services.stipends.domain.stipend import Stipend


class PayeeMissing(Conflict):
    """It is not known where to pay."""


class OwnStipend(NotAllowed):
    """Nobody decides about their own stipend."""


def request(stipend: Stipend, number: int, *, payee_known: bool, by: Actor, at: datetime) -> Change[Stipend]:
    """Ask for an installment that is earned."""
    if by.id != stipend.mentee_id:
        raise NotAllowed("Only the mentee can ask for an installment of their stipend.")
    requested = stipend.installment(number).move(InstallmentStatus.REQUESTED, by=by, at=at)
    if not payee_known:
        raise PayeeMissing("Say first where to pay: PUT /v1/payees/me.")
    return stipend.with_installment(requested).tell(InstallmentRequested, by=by, at=at, number=number)


def approve(stipend: Stipend, number: int, *, project: KnownProject, by: Actor, at: datetime) -> Change[Stipend]:
    """Let it be paid; the payment is ordered in the same breath."""
    _must_be_decided_by(stipend, project, by)
    approved = stipend.installment(number).move(InstallmentStatus.APPROVED, by=by, at=at, attempt=1)
    return stipend.with_installment(approved).tell(InstallmentApproved, by=by, at=at, number=number)


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
    if not by.has(FINANCE):
        raise NotAllowed("Only finance holds and releases an installment.")
    if by.id == stipend.mentee_id:
        raise OwnStipend("This is your own stipend; somebody else of finance decides about it.")


def _must_be_decided_by(stipend: Stipend, project: KnownProject, by: Actor) -> None:
    if by.id == stipend.mentee_id:
        raise OwnStipend("This is your own stipend; an administrator of the project decides about it.")
    project.must_be_administered_by(by)
