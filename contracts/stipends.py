"""What stipends tells: policies, postings to budgets, and every stipend with its installments."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from contracts.applications import Milestone
from contracts.event import Event
from contracts.ids import AccountId, PostingId, ProjectId, StipendId
from contracts.money import Money


class PolicyKind(StrEnum):
    NONE = "none"
    FIXED = "fixed"
    BY_COUNTRY = "by_country"


class StipendPolicySet(Event):
    """An administrator decided how the project pays."""

    source: ClassVar[str] = "stipends"
    topic: ClassVar[str] = "stipends.events"
    noun: ClassVar[str] = "stipend-policy"

    type: Literal["stipend-policy.set.v1"] = "stipend-policy.set.v1"
    id: ProjectId
    kind: PolicyKind


class StipendScheduleIssued(Event):
    """Staff issued a table of amounts by country; a version never changes afterwards."""

    source: ClassVar[str] = "stipends"
    topic: ClassVar[str] = "stipends.events"
    noun: ClassVar[str] = "stipend-schedule"

    type: Literal["stipend-schedule.issued.v1"] = "stipend-schedule.issued.v1"
    id: str
    """Its version."""
    effective_from: date
    countries: int


class BudgetPosted(Event):
    """One posting was booked to a project's budget; the balances are those after it."""

    source: ClassVar[str] = "stipends"
    topic: ClassVar[str] = "stipends.events"
    noun: ClassVar[str] = "budget"

    type: Literal["budget.posted.v1"] = "budget.posted.v1"
    id: ProjectId
    posting_id: PostingId
    cause: str
    external_funding: Money
    available: Money
    reserved: Money
    in_transit: Money
    paid: Money


class StipendStatus(StrEnum):
    EXPECTED = "expected"
    """Acceptance or completed prerequisites are still missing."""
    UNPAID = "unpaid"
    """The project's policy pays none."""
    UNDECIDED = "undecided"
    """The schedule has no amount for the country; staff decide."""
    AWAITING_FUNDS = "awaiting_funds"
    RESERVED = "reserved"
    CANCELED = "canceled"


class InstallmentStatus(StrEnum):
    SCHEDULED = "scheduled"
    ELIGIBLE = "eligible"
    REQUESTED = "requested"
    DECLINED = "declined"
    APPROVED = "approved"
    PAYING = "paying"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"
    """It was paid, and the money came back."""
    CANCELED = "canceled"
    ON_HOLD = "on_hold"


class InstallmentPicture(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    milestone: Milestone
    amount: Money
    status: InstallmentStatus


class StipendEvent(Event):
    """A stipend's id is its application's."""

    source: ClassVar[str] = "stipends"
    topic: ClassVar[str] = "stipends.events"
    noun: ClassVar[str] = "stipend"

    id: StipendId
    project_id: ProjectId | None
    mentee_id: AccountId | None
    status: StipendStatus
    amount: Money | None
    installments: tuple[InstallmentPicture, ...]


class StipendExpected(StipendEvent):
    """Something the stipend hangs on was heard: acceptance, prerequisites, or an evaluation."""

    type: Literal["stipend.expected.v1"] = "stipend.expected.v1"


class StipendWaived(StipendEvent):
    """The project does not pay; the mentorship may begin without money."""

    type: Literal["stipend.waived.v1"] = "stipend.waived.v1"


class StipendReferred(StipendEvent):
    """The schedule has no amount for the mentee's country; staff decide."""

    type: Literal["stipend.referred.v1"] = "stipend.referred.v1"


class StipendQueued(StipendEvent):
    """The amount is frozen but the budget does not hold it yet."""

    type: Literal["stipend.queued.v1"] = "stipend.queued.v1"


class StipendReserved(StipendEvent):
    """The whole amount is set aside in the project's budget."""

    type: Literal["stipend.reserved.v1"] = "stipend.reserved.v1"


class StipendAdjusted(StipendEvent):
    """Which installments can still be earned has changed, because the mentorship ended early or was heard of late."""

    type: Literal["stipend.adjusted.v1"] = "stipend.adjusted.v1"


class StipendCanceled(StipendEvent):
    """The mentorship ended before the stipend was earned; what was set aside went back to the budget."""

    type: Literal["stipend.canceled.v1"] = "stipend.canceled.v1"


class InstallmentEvent(StipendEvent):
    number: int


class InstallmentEarned(InstallmentEvent):
    """The evaluation the installment hangs on was satisfactory: it is eligible, the mentee may ask for it."""

    type: Literal["installment.earned.v1"] = "installment.earned.v1"


class InstallmentRequested(InstallmentEvent):
    """The mentee asked for it."""

    type: Literal["installment.requested.v1"] = "installment.requested.v1"


class InstallmentDeclined(InstallmentEvent):
    """An administrator said no, with a reason; the mentee may ask again."""

    type: Literal["installment.declined.v1"] = "installment.declined.v1"
    reason: str


class InstallmentPreapproved(InstallmentEvent):
    """An administrator said yes; the amount needs a second approver."""

    type: Literal["installment.preapproved.v1"] = "installment.preapproved.v1"


class InstallmentApproved(InstallmentEvent):
    """It is approved by as many as it takes; the payment is on its way to the provider."""

    type: Literal["installment.approved.v1"] = "installment.approved.v1"


class InstallmentSent(InstallmentEvent):
    """The payment provider took the order."""

    type: Literal["installment.sent.v1"] = "installment.sent.v1"


class InstallmentPaid(InstallmentEvent):
    """The payment provider confirmed the payment."""

    type: Literal["installment.paid.v1"] = "installment.paid.v1"


class InstallmentFailed(InstallmentEvent):
    """The payment provider could not pay."""

    type: Literal["installment.failed.v1"] = "installment.failed.v1"
    reason: str


class InstallmentReturned(InstallmentEvent):
    """It was paid, and the money came back to the provider."""

    type: Literal["installment.returned.v1"] = "installment.returned.v1"
    reason: str


class InstallmentHeld(InstallmentEvent):
    """Finance put it on hold, with a reason; it is not paid while it is."""

    type: Literal["installment.held.v1"] = "installment.held.v1"
    reason: str


class InstallmentReleased(InstallmentEvent):
    """Finance let it go on from where it was held."""

    type: Literal["installment.released.v1"] = "installment.released.v1"
