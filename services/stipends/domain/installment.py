"""An installment of a stipend.

scheduled → eligible → requested → approved → paying → paid → returned
    ⇅                    ↓  ↑          ↓        ↓  ↑               │
 canceled              declined        └───→  failed ←─────────────┘

eligible, requested, approved ⇄ on_hold
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import Milestone
from contracts.ids import ActorId
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from contracts.time import Instant
from services.chassis.domain import Actor, NotInThisState

NEXT: Final[Mapping[InstallmentStatus, frozenset[InstallmentStatus]]] = {
    InstallmentStatus.SCHEDULED: frozenset({InstallmentStatus.ELIGIBLE, InstallmentStatus.CANCELED}),
    InstallmentStatus.CANCELED: frozenset({InstallmentStatus.SCHEDULED}),
    InstallmentStatus.ELIGIBLE: frozenset(
        {
            InstallmentStatus.REQUESTED,
            InstallmentStatus.ON_HOLD,
            InstallmentStatus.SCHEDULED,
            InstallmentStatus.CANCELED,
        }
    ),
    InstallmentStatus.REQUESTED: frozenset(
        {InstallmentStatus.APPROVED, InstallmentStatus.DECLINED, InstallmentStatus.ON_HOLD}
    ),
    InstallmentStatus.DECLINED: frozenset({InstallmentStatus.REQUESTED}),
    InstallmentStatus.APPROVED: frozenset(
        {InstallmentStatus.PAYING, InstallmentStatus.FAILED, InstallmentStatus.ON_HOLD}
    ),
    InstallmentStatus.PAYING: frozenset({InstallmentStatus.PAID, InstallmentStatus.FAILED}),
    InstallmentStatus.PAID: frozenset({InstallmentStatus.RETURNED}),
    InstallmentStatus.FAILED: frozenset({InstallmentStatus.PAYING, InstallmentStatus.FAILED}),
    InstallmentStatus.RETURNED: frozenset({InstallmentStatus.PAYING, InstallmentStatus.FAILED}),
}
"""Failed and returned go to failed when the provider refuses the retry; canceled to scheduled when earned after all.

What was eligible pro rata goes back when the exit it was due for is undone.

Out of on_hold leads no move but `release`, so that nobody else's step is a way around finance.
"""

UNRESERVED: Final = frozenset({InstallmentStatus.CANCELED, InstallmentStatus.PAYING, InstallmentStatus.PAID})
"""States in which nothing is kept for it in the reserved account."""

ENDED_BADLY: Final = frozenset({InstallmentStatus.FAILED, InstallmentStatus.RETURNED})
"""States of a payment that another one may follow."""


class Step(BaseModel):
    """A state it came to, when and by whom."""

    model_config = ConfigDict(frozen=True)

    status: InstallmentStatus
    at: Instant
    by: ActorId
    reason: str | None = None


class Words(BaseModel):
    """Where it is and what happens next, for people."""

    model_config = ConfigDict(frozen=True)

    where: str
    next: str


class Installment(BaseModel):
    model_config = ConfigDict(frozen=True)

    number: int
    milestone: Milestone
    percent: int
    amount: Money
    status: InstallmentStatus = InstallmentStatus.SCHEDULED
    attempt: int = 0
    """Counts the payments ordered for it."""
    approvers: tuple[ActorId, ...] = ()
    """Who said yes since it was asked for last."""
    payable_from: Instant | None = None
    """The payment ordered last is not sent earlier, because the payee was changed."""
    pro_rata: bool = False
    """Earned by the weeks completed before an early exit."""
    rest_of: int | None = None
    """The number of the installment that this was divided from."""
    steps: tuple[Step, ...] = ()

    def move(self, to: InstallmentStatus, *, by: Actor, at: datetime, reason: str | None = None, **more: Any) -> Self:
        if to not in NEXT.get(self.status, ()):
            raise NotInThisState(f"An installment that is {self.status} cannot become {to}.")
        return self._stepped(to, by=by, at=at, reason=reason, **more)

    def release(self, *, by: Actor, at: datetime) -> Self:
        """Go back to where it was held. Raises `NotInThisState` where it is not on hold."""
        return self._stepped(self.held_from, by=by, at=at)

    def _stepped(
        self, to: InstallmentStatus, *, by: Actor, at: datetime, reason: str | None = None, **more: Any
    ) -> Self:
        step = Step(status=to, at=at, by=by.id, reason=reason)
        return self.model_copy(update={"status": to, "steps": (*self.steps, step), **more})

    @property
    def held_from(self) -> InstallmentStatus:
        """Where it was when it was put on hold, and goes back to. Raises `NotInThisState` where it is not on hold."""
        if self.status is not InstallmentStatus.ON_HOLD or len(self.steps) < 2:
            raise NotInThisState(f"An installment that is {self.status} is not on hold.")
        return self.steps[-2].status

    @property
    def is_being_retried(self) -> bool:
        failures = sum(step.status in ENDED_BADLY for step in self.steps)
        return self.status in ENDED_BADLY and self.attempt > failures


def in_words(installment: Installment, *, reserved: bool) -> Words:
    """Tell a person where it is and what happens next; `reserved` says whether the budget holds the money for it."""
    if installment.status is InstallmentStatus.SCHEDULED and not reserved:
        return Words(
            where="The project's budget does not hold the money for it yet.",
            next="It is set aside as soon as enough is deposited.",
        )
    if installment.is_being_retried or installment.status is InstallmentStatus.APPROVED:
        return Words(where=_where(installment), next=_ordered(installment))
    if installment.status is InstallmentStatus.REQUESTED and installment.approvers:
        return Words(where=_where(installment), next="The amount needs a second approver, somebody else.")
    return Words(
        where=_where(installment), next=_NEXT_WORDS[installment.status].format(milestone=installment.milestone)
    )


def _ordered(installment: Installment) -> str:
    again = "It was ordered again; t" if installment.is_being_retried else "T"
    if installment.payable_from is None:
        return f"{again}he payment provider is asked to pay."
    return (
        f"{again}he payment provider is asked to pay on {installment.payable_from:%Y-%m-%d at %H:%M} UTC, "
        "not earlier, because the payee was changed."
    )


def _where(installment: Installment) -> str:
    where = _WHERE_WORDS[installment.status].format(milestone=installment.milestone)
    if installment.pro_rata and installment.status is InstallmentStatus.ELIGIBLE:
        where = "Earned by the weeks completed"
    if not installment.steps:
        return f"{where}."
    last = installment.steps[-1]
    return f"{where} on {last.at:%Y-%m-%d}: {last.reason}" if last.reason else f"{where} on {last.at:%Y-%m-%d}."


_WHERE_WORDS: Final = {
    InstallmentStatus.SCHEDULED: "The money is set aside",
    InstallmentStatus.ELIGIBLE: "Earned by the satisfactory {milestone} evaluation",
    InstallmentStatus.REQUESTED: "The mentee asked for it",
    InstallmentStatus.DECLINED: "A project administrator declined it",
    InstallmentStatus.APPROVED: "A project administrator approved it",
    InstallmentStatus.PAYING: "The payment provider took the order",
    InstallmentStatus.PAID: "Paid",
    InstallmentStatus.FAILED: "The payment failed",
    InstallmentStatus.RETURNED: "It was paid, and the money came back",
    InstallmentStatus.ON_HOLD: "Finance put it on hold",
    InstallmentStatus.CANCELED: "Canceled, because the mentorship ended before it was earned",
}
_NEXT_WORDS: Final = {
    InstallmentStatus.SCHEDULED: "After a satisfactory {milestone} evaluation the mentee can ask for it.",
    InstallmentStatus.ELIGIBLE: "The mentee can ask for it now.",
    InstallmentStatus.REQUESTED: "A project administrator approves or declines.",
    InstallmentStatus.DECLINED: "The mentee can ask again.",
    InstallmentStatus.PAYING: "The payment provider says how it went.",
    InstallmentStatus.PAID: "Nothing more: this is done.",
    InstallmentStatus.FAILED: "The mentee corrects the payee account, or finance orders the payment again.",
    InstallmentStatus.RETURNED: "The mentee corrects the payee account, or finance orders the payment again.",
    InstallmentStatus.ON_HOLD: "Finance releases it, and it goes on from where it was.",
    InstallmentStatus.CANCELED: "Nothing more: it is not paid.",
}
