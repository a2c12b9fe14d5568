"""What one mentee is due: made of facts that arrive in any order, reckoned anew whenever one does.

expected → awaiting_funds ⇄ reserved → canceled        expected → unpaid | undecided
undecided → awaiting_funds | reserved, decided by staff
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import Milestone
from contracts.event import Event
from contracts.ids import AccountId, ProjectId, StipendId
from contracts.money import Money
from contracts.stipends import (
    InstallmentEarned,
    InstallmentStatus,
    StipendAdjusted,
    StipendCanceled,
    StipendExpected,
    StipendQueued,
    StipendReferred,
    StipendReserved,
    StipendStatus,
    StipendWaived,
)
from services.chassis.domain import Actor, Aggregate, Change, NotFound
from services.stipends.domain import prorata
from services.stipends.domain.installment import UNRESERVED, Installment, in_words
from services.stipends.domain.ledger import NOTHING, Account, Cause, Posting, moved
from services.stipends.domain.mentorship import BEGUN, Due, Mentorship, Pass
from services.stipends.domain.policy import Offer
from services.stipends.domain.project import FINANCE, STAFF, KnownProject, KnownTerm

TOLD: Final[Mapping[StipendStatus, type[Event]]] = {
    StipendStatus.EXPECTED: StipendExpected,
    StipendStatus.UNPAID: StipendWaived,
    StipendStatus.UNDECIDED: StipendReferred,
    StipendStatus.AWAITING_FUNDS: StipendQueued,
    StipendStatus.RESERVED: StipendReserved,
    StipendStatus.CANCELED: StipendCanceled,
}


class StipendUnknown(NotFound):
    """There is no such stipend, or it is not for this reader."""


class InstallmentUnknown(NotFound):
    """The stipend has no installment of this number."""


class Stipend(Aggregate):
    """The id is the application's."""

    concerns: ClassVar = ("mentee_id",)

    id: StipendId
    project_id: ProjectId | None = None
    mentee_id: AccountId | None = None
    status: StipendStatus = StipendStatus.EXPECTED
    mentorship: Mentorship | None = None
    passes: tuple[Pass, ...] = ()
    due: tuple[Due, ...] = ()
    planned_end: date | None = None
    """When the final evaluation was due at first, before any extension."""
    pro_rata: bool = False
    amount: Money | None = None
    """Frozen when it is made, as are the schedule and the explanation."""
    schedule: str | None = None
    explanation: str | None = None
    installments: tuple[Installment, ...] = ()
    reserved: Money = NOTHING
    """What the budget's reserved account holds for it."""

    @property
    def accepted_at(self) -> datetime | None:
        return self.mentorship.accepted_at if self.mentorship else None

    @property
    def ended_at(self) -> datetime | None:
        return self.mentorship.ended_at if self.mentorship else None

    @property
    def is_complete(self) -> bool:
        """Say whether acceptance and prerequisites are both there: a stipend is made of the two."""
        return self.accepted_at is not None and bool(self.mentorship and self.mentorship.prerequisites_completed_at)

    @property
    def needed(self) -> Money:
        """What the reserved account must hold for it."""
        kept = (part.amount for part in self.installments if part.status not in UNRESERVED)
        return sum(kept, NOTHING)

    @property
    def missing(self) -> Money:
        return self.needed - self.reserved

    @property
    def earned(self) -> tuple[int, ...]:
        """Numbers of the installments whose evaluation is there, and the money too."""
        if self.status is not StipendStatus.RESERVED:
            return ()
        scheduled = (part for part in self.installments if part.status is InstallmentStatus.SCHEDULED)
        return tuple(part.number for part in scheduled if part.pro_rata or self.has_passed(part.milestone))

    @property
    def told(self) -> tuple[Mapping[str, Any], ...]:
        """Give the installments with the words for where each is and what happens next."""
        reserved = self.status is StipendStatus.RESERVED
        return tuple({**dict(part), **dict(in_words(part, reserved=reserved))} for part in self.installments)

    def goes_before(self, first: "Stipend | None") -> bool:
        """Say whether nobody who waits for money was accepted earlier, given the first of those who wait."""
        if first is None or self.accepted_at is None or first.accepted_at is None:
            return first is None
        return (self.accepted_at, self.id) <= (first.accepted_at, first.id)

    def due_on(self, milestone: Milestone) -> date | None:
        return next((one.on for one in self.due if one.milestone is milestone), None)

    def has_passed(self, milestone: Milestone) -> bool:
        """Say whether the evaluation was satisfactory before the mentorship ended, whenever we heard of it.

        Nobody graduates without a satisfactory final evaluation.
        """
        if milestone is Milestone.FINAL and self.mentorship and self.mentorship.graduated:
            return True
        passed = (one.at for one in self.passes if one.milestone is milestone)
        return any(self.ended_at is None or at <= self.ended_at for at in passed)

    def installment(self, number: int) -> Installment:
        for part in self.installments:
            if part.number == number:
                return part
        raise InstallmentUnknown(f"This stipend has no installment {number}; it has {len(self.installments)}.")

    def with_installment(self, changed: Installment, *, reserved: Money | None = None) -> Self:
        parts = tuple(changed if part.number == changed.number else part for part in self.installments)
        return self.evolve(installments=parts, reserved=self.reserved if reserved is None else reserved)

    def is_held_back(self, term: KnownTerm | None, at: datetime) -> bool:
        """Say whether its mentee is not to know of it yet, because it would tell what was decided.

        Whatever was decided it is: that a stipend comes or goes would tell as much as the stipend does.
        """
        begun = self.mentorship is not None and self.mentorship.status in BEGUN
        return term is not None and not term.has_announced(at) and not begun

    def is_seen_by(self, reader: Actor, project: KnownProject | None, *, held_back: bool) -> bool:
        """Say whether the reader may know of it: the mentee, the project's administrators, finance.

        Staff see what they are to decide about; what is held back its mentee does not see, whatever else they are.
        """
        if reader.id == self.mentee_id:
            return not held_back
        administers = project is not None and reader.id in project.administrators
        decides = reader.has(STAFF) and self.status is StipendStatus.UNDECIDED
        return administers or reader.has(FINANCE) or decides


class Means(BaseModel):
    """What can be given: the project's offer to this mentee, and the money that is free for them right now."""

    model_config = ConfigDict(frozen=True)

    offer: Offer
    free: Money = NOTHING
    """Nothing where somebody accepted earlier still waits."""


def settle(stipend: Stipend, means: Means, *, by: Actor, at: datetime) -> Change[Stipend]:
    """Reckon what follows from the facts; how far the budget is to follow is the difference of `reserved`."""
    kept = _kept(_shared(_priced(stipend, means.offer)), by=by, at=at)
    status = _status(kept, means)
    reserved = kept.reserved if status is StipendStatus.AWAITING_FUNDS else kept.needed
    settled = kept.evolve(status=status, reserved=reserved)
    if status is not stipend.status or status is StipendStatus.EXPECTED:
        return settled.tell(TOLD[status], by=by, at=at)
    if settled.installments != stipend.installments:
        return settled.tell(StipendAdjusted, by=by, at=at)
    return Change(settled)


def earn(stipend: Stipend, number: int, *, by: Actor, at: datetime) -> Change[Stipend]:
    """Make an installment eligible: its evaluation was satisfactory and the money is there."""
    earned = stipend.installment(number).move(InstallmentStatus.ELIGIBLE, by=by, at=at)
    return stipend.with_installment(earned).tell(InstallmentEarned, by=by, at=at, number=number)


def posting(reserved_before: Money, stipend: Stipend, *, by: Actor, at: datetime) -> Posting | None:
    """Say how the budget follows a change of what is reserved; a change is booked once, under its version."""
    more = stipend.reserved - reserved_before
    if stipend.project_id is None or more == NOTHING:
        return None
    accounts, cause = (Account.AVAILABLE, Account.RESERVED), Cause.RESERVATION
    if more < NOTHING:
        more, accounts, cause = -more, accounts[::-1], Cause.RELEASE
    id = f"{stipend.id}.{cause}.{stipend.version}"
    return moved(id, stipend.project_id, more, accounts, cause=cause, reference=stipend.id, by=by, at=at)


def _priced(stipend: Stipend, offer: Offer) -> Stipend:
    """Freeze amount and installments once both halves are there; what was frozen stays."""
    if stipend.amount is not None or stipend.status is StipendStatus.UNPAID:
        return stipend
    if not (stipend.is_complete or (stipend.accepted_at is not None and not offer.pays)):
        return stipend
    frozen = {name: getattr(offer, name) for name in ("amount", "schedule", "explanation", "pro_rata")}
    return stipend.model_copy(update={**frozen, "installments": installments_of(offer)})


def installments_of(offer: Offer) -> tuple[Installment, ...]:
    """Share out an offer's amount; none where it has none."""
    if offer.amount is None:
        return ()
    amounts = offer.amount.shares(tuple(share.percent for share in offer.installments))
    return tuple(
        Installment(number=number, milestone=share.milestone, percent=share.percent, amount=amount)
        for number, (share, amount) in enumerate(zip(offer.installments, amounts, strict=True), 1)
    )


def _shared(stipend: Stipend) -> Stipend:
    """Divide the installments where an early exit leaves completed weeks to pay, and only then."""
    parts, told = prorata.whole(stipend.installments), stipend.mentorship
    exited = told is not None and told.ended_at is not None and not told.graduated
    if stipend.pro_rata and exited and told and told.ended_at and told.attendance and stipend.planned_end:
        end = stipend.due_on(Milestone.FINAL) or stipend.planned_end
        weeks = prorata.completed(told.attendance, stipend.planned_end, end, told.ended_at.date())
        parts = prorata.divided(parts, prorata.due_for(stipend.amount or NOTHING, weeks), stipend.has_passed)
    return stipend.model_copy(update={"installments": parts})


def _kept(stipend: Stipend, *, by: Actor, at: datetime) -> Stipend:
    """Cancel what can no longer be earned; take back what was canceled and turns out to be earned after all."""

    def reckoned(part: Installment) -> Installment:
        earned = part.pro_rata or stipend.has_passed(part.milestone)
        if part.status not in prorata.UNCLAIMED or (part.status is InstallmentStatus.ELIGIBLE and earned):
            return part
        due = InstallmentStatus.SCHEDULED if earned or stipend.ended_at is None else InstallmentStatus.CANCELED
        return part if part.status is due else part.move(due, by=by, at=at)

    return stipend.model_copy(update={"installments": tuple(map(reckoned, stipend.installments))})


def _status(stipend: Stipend, means: Means) -> StipendStatus:
    if stipend.amount is None:
        return _status_without_amount(stipend, means.offer)
    if all(part.status is InstallmentStatus.CANCELED for part in stipend.installments):
        return StipendStatus.CANCELED
    if stipend.missing > NOTHING and means.free < stipend.missing:
        return StipendStatus.AWAITING_FUNDS
    return StipendStatus.RESERVED


def _status_without_amount(stipend: Stipend, offer: Offer) -> StipendStatus:
    if stipend.status is StipendStatus.UNPAID or (stipend.accepted_at is not None and not offer.pays):
        return StipendStatus.UNPAID
    if stipend.ended_at is not None:
        return StipendStatus.CANCELED
    return StipendStatus.UNDECIDED if stipend.is_complete else StipendStatus.EXPECTED
