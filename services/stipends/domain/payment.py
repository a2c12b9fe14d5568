"""A payment of an installment, ordered once, asked for until the provider answers.

approved → paying → paid → returned
       └───────┴──→ failed
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from contracts.event import Event
from contracts.ids import AccountId, ActorId, ProjectId, StipendId
from contracts.money import Money
from contracts.stipends import (
    InstallmentFailed,
    InstallmentPaid,
    InstallmentReturned,
    InstallmentSent,
    InstallmentStatus,
)
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound, NotInThisState
from services.stipends.domain.installment import ENDED_BADLY, Installment
from services.stipends.domain.ledger import NOTHING, Account, Cause, Posting, moved
from services.stipends.domain.payee import Payee
from services.stipends.domain.stipend import Stipend

Status = InstallmentStatus

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.APPROVED: frozenset({Status.PAYING, Status.FAILED}),
    Status.PAYING: frozenset({Status.PAID, Status.FAILED}),
    Status.PAID: frozenset({Status.RETURNED}),
}
MOVEMENTS: Final[Mapping[tuple[Status, Status], tuple[Cause, tuple[Account, Account]]]] = {
    (Status.APPROVED, Status.PAYING): (Cause.PAYMENT_SENT, (Account.RESERVED, Account.IN_TRANSIT)),
    (Status.PAYING, Status.PAID): (Cause.PAYMENT_MADE, (Account.IN_TRANSIT, Account.PAID)),
    (Status.PAYING, Status.FAILED): (Cause.PAYMENT_FAILED, (Account.IN_TRANSIT, Account.RESERVED)),
    (Status.PAID, Status.RETURNED): (Cause.PAYMENT_RETURNED, (Account.PAID, Account.RESERVED)),
}
"""Where the money goes with each move; an order that the provider refused moved none."""
TOLD: Final[Mapping[Status, type[Event]]] = {
    Status.PAYING: InstallmentSent,
    Status.PAID: InstallmentPaid,
    Status.FAILED: InstallmentFailed,
    Status.RETURNED: InstallmentReturned,
}
ON_ITS_WAY: Final = frozenset({Status.APPROVED, Status.PAYING})
LOOK_UP_AFTER: Final = timedelta(minutes=1)
"""The provider usually says within seconds how it went; after this it is asked."""
LONGEST_PAUSE: Final = timedelta(minutes=10)


class PaymentUnknown(NotFound):
    """There is no such payment."""


class ReportContradicts(Conflict):
    """The provider says now what cannot follow from what it said before."""


class AlreadySent(Conflict):
    """The provider may have been asked to pay already."""


class AlreadyRetried(Conflict):
    """A failed payment is followed by one new payment."""


class PayeeErased(Conflict):
    """Where it went is not known any more: the person erased themself."""


class Report(BaseModel):
    """What the provider says of a payment."""

    model_config = ConfigDict(frozen=True)

    reference: str
    status: Literal["processing", "paid", "failed", "refused", "returned"]
    provider_id: str | None = None
    reason: str | None = None


WALKS: Final[Mapping[tuple[Status, str], tuple[Status, ...]]] = {
    (Status.APPROVED, "processing"): (Status.PAYING,),
    (Status.APPROVED, "paid"): (Status.PAYING, Status.PAID),
    (Status.APPROVED, "failed"): (Status.PAYING, Status.FAILED),
    (Status.APPROVED, "refused"): (Status.FAILED,),
    (Status.APPROVED, "returned"): (Status.PAYING, Status.PAID, Status.RETURNED),
    (Status.PAYING, "processing"): (),
    (Status.PAYING, "paid"): (Status.PAID,),
    (Status.PAYING, "failed"): (Status.FAILED,),
    (Status.PAYING, "returned"): (Status.PAID, Status.RETURNED),
    (Status.PAID, "processing"): (),
    (Status.PAID, "paid"): (),
    (Status.PAID, "returned"): (Status.RETURNED,),
    (Status.FAILED, "processing"): (),
    (Status.FAILED, "failed"): (),
    (Status.FAILED, "refused"): (),
    (Status.RETURNED, "processing"): (),
    (Status.RETURNED, "paid"): (),
    (Status.RETURNED, "returned"): (),
}
"""What follows from a report, step by step: it may be repeated, and it may overtake the storing of the order."""


class Payment(Aggregate):
    """Its id is the provider's reference and idempotency key: `stipend.installment.attempt`."""

    concerns: ClassVar = ("payee_id",)

    stipend_id: StipendId
    number: int
    attempt: int
    project_id: ProjectId
    payee_id: AccountId
    amount: Money
    account: str
    """Masked."""
    sealed: bytes = Field(repr=False)
    """Where to pay, as it was when this was ordered; opened by the vault alone."""
    status: Status = Status.APPROVED
    ordered_by: ActorId
    ordered_at: Instant
    due_at: Instant | None
    """When the provider is to be asked next; not at all while the installment is on hold."""
    payable_from: Instant | None = None
    """It is not sent earlier, because the payee was changed."""
    sending: bool = False
    """The provider may have been asked to pay: from here on it cannot be held back."""
    asked: int = 0
    """How often it was asked in vain."""
    batch: str | None = None
    """The bank file it went out with."""
    provider_id: str | None = None
    reason: str | None = None
    retried_as: str | None = None
    payee_erased: bool = False
    """The person erased themself: where it goes is forgotten as soon as it has got there, or has not."""

    def move(self, to: Status, **changes: Any) -> Self:
        if to not in NEXT.get(self.status, ()):
            raise NotInThisState(f"A payment that is {self.status} cannot become {to}.")
        moved = self.evolve(status=to, **changes)
        return moved.without_account() if self.payee_erased else moved

    def without_account(self) -> Self:
        """Forget where it went, unless it is on its way there."""
        if self.status in ON_ITS_WAY:
            return self.model_copy(update={"payee_erased": True})
        gone = {"account": "", "sealed": b"", "reason": None, "payee_erased": True}
        return self.model_copy(update=gone)

    def walk(self, report: Report) -> tuple[Status, ...]:
        """Say which states follow from a report. Raises `ReportContradicts`."""
        walk = WALKS.get((self.status, report.status))
        another = None not in {self.provider_id, report.provider_id} and self.provider_id != report.provider_id
        if walk is None or another:
            raise ReportContradicts(f"The payment {self.id} is {self.status}; {report.status} cannot follow.")
        return walk


def reference(stipend_id: StipendId, part: Installment) -> str:
    return f"{stipend_id}.{part.number}.{part.attempt}"


def order(stipend: Stipend, number: int, payee: Payee, *, by: Actor, at: datetime) -> Change[Payment]:
    """Make the payment of an installment that was just approved, or is just retried.

    Raises `PayeeUnconfirmed`.
    """
    payee.must_be_confirmed()
    part = stipend.installment(number)
    if stipend.project_id is None or part.attempt == 0:
        raise NotInThisState("Only an approved installment is paid.")
    payment = Payment(
        id=reference(stipend.id, part),
        stipend_id=stipend.id,
        number=number,
        attempt=part.attempt,
        project_id=stipend.project_id,
        payee_id=payee.id,
        amount=part.amount,
        account=payee.account,
        sealed=payee.sealed,
        ordered_by=by.id,
        ordered_at=at,
        due_at=payee.payable_from_after(at) or at,
        payable_from=payee.payable_from_after(at),
    )
    return Change(payment)


def forget_payee(payment: Payment) -> Change[Payment]:
    """Keep the amount and what became of it; where it went goes."""
    return Change(payment.evolve().without_account())


def send(payment: Payment) -> Change[Payment]:
    """Say, before the provider is asked to pay, that it is; what is held meanwhile is not asked for."""
    if payment.due_at is None:
        raise NotInThisState(f"The payment {payment.id} is {payment.status}, and nobody is to be asked about it now.")
    return Change(payment if payment.sending else payment.evolve(sending=True))


def put_into(payment: Payment, batch: str) -> Change[Payment]:
    """Put an order into a bank file, in which it is sent."""
    if payment.batch is not None:
        raise AlreadySent(f"The payment {payment.id} went out with the batch {payment.batch}.")
    return Change(send(payment).state.evolve(batch=batch))


def hold_back(payment: Payment) -> Change[Payment]:
    """Keep an order from being sent."""
    if payment.sending or payment.status is not Status.APPROVED:
        raise AlreadySent("The payment provider may have been asked to pay already; it can no longer be held.")
    return Change(payment.evolve(due_at=None))


def let_go(payment: Payment, *, at: datetime) -> Change[Payment]:
    """Let an order that was held back be sent."""
    return Change(payment.evolve(due_at=max(at, payment.payable_from or at)))


def advance(payment: Payment, to: Status, report: Report, *, at: datetime) -> Change[Payment]:
    """Take one step of the report's walk."""
    due_at = at + LOOK_UP_AFTER if to is Status.PAYING and payment.batch is None else None
    changes = {"due_at": due_at, "asked": 0, "reason": report.reason if to in ENDED_BADLY else None}
    return Change(payment.move(to, provider_id=report.provider_id or payment.provider_id, **changes))


def postpone(payment: Payment, *, at: datetime) -> Change[Payment]:
    """Ask the provider later, each time waiting longer; what has ended in the meantime is not asked about again."""
    if payment.due_at is None:
        return Change(payment)
    pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(payment.asked, 16)))
    return Change(payment.evolve(asked=payment.asked + 1, due_at=at + pause))


def posting(before: Payment, after: Payment, *, by: Actor, at: datetime) -> Posting | None:
    """Say where the money goes; the id is the payment's and the step's, so that each can be booked but once."""
    movement = MOVEMENTS.get((before.status, after.status))
    if movement is None:
        return None
    cause, accounts = movement
    id = f"{after.id}.{after.status}"
    return moved(id, after.project_id, after.amount, accounts, cause=cause, reference=after.id, by=by, at=at)


def keep_up(stipend: Stipend, payment: Payment, booked: Posting | None, *, by: Actor, at: datetime) -> Change[Stipend]:
    """Let the installment follow its payment; one that was retried no longer follows the failed one."""
    part = stipend.installment(payment.number)
    if part.attempt != payment.attempt:
        raise NotInThisState(f"Installment {part.number} is at payment {part.attempt}, not at {payment.attempt}.")
    followed = part.move(payment.status, by=by, at=at, reason=payment.reason)
    reserved = stipend.reserved + (booked.on(Account.RESERVED) if booked else NOTHING)
    more = {"reason": payment.reason or "The provider gave no reason."} if payment.status in ENDED_BADLY else {}
    changed = stipend.with_installment(followed, reserved=reserved)
    return changed.tell(TOLD[payment.status], by=by, at=at, number=part.number, **more)


def give_up(payment: Payment) -> Change[Payment]:
    """Leave a failed payment behind for its successor."""
    if payment.status not in ENDED_BADLY:
        raise NotInThisState(f"Only a payment that failed or came back is retried; this one is {payment.status}.")
    if payment.retried_as is not None:
        raise AlreadyRetried(f"This payment was retried as {payment.retried_as}.")
    return Change(payment.evolve(retried_as=f"{payment.stipend_id}.{payment.number}.{payment.attempt + 1}"))


def retry(stipend: Stipend, failed: Payment, *, payable_from: datetime | None = None) -> Change[Stipend]:
    """Count a new attempt at the installment; it stays as it is until the provider has taken the new order."""
    part = stipend.installment(failed.number)
    if part.attempt != failed.attempt or part.status not in ENDED_BADLY:
        raise NotInThisState(f"Installment {part.number} is {part.status} at payment {part.attempt}.")
    again = {"attempt": part.attempt + 1, "payable_from": payable_from}
    return Change(stipend.with_installment(part.model_copy(update=again)))
