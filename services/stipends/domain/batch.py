"""A batch: the orders that go to the bank in one file, each in one batch and no other."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from contracts.ids import ActorId
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound
from services.stipends.domain.ledger import NOTHING
from services.stipends.domain.payment import Payment, Report


class BatchUnknown(NotFound):
    """There is no such batch."""


class NothingToExport(Conflict):
    """No approved payment waits for the bank."""


class Batch(Aggregate):
    """What was exported once; the file can be fetched again, and says the same."""

    payments: tuple[str, ...] = ()
    total: Money = NOTHING
    exported_by: ActorId
    exported_at: Instant

    @property
    def message_id(self) -> str:
        """Name it for the bank, in 32 characters of the 35 it takes; a bank takes a name but once."""
        return short(self.id)


class Answer(BaseModel):
    """What the bank says of one payment, or of a whole batch."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The payment's short name, or the batch's."""
    status: Literal["processing", "paid", "failed"]
    reason: str | None = None

    def about(self, payment: Payment) -> Report:
        return Report(reference=payment.id, status=self.status, reason=self.reason, provider_id=payment.provider_id)


class Noted(BaseModel):
    """What became of an answer, in words."""

    model_config = ConfigDict(frozen=True)

    name: str
    reference: str | None = None
    status: InstallmentStatus | None = None
    words: str


def export(id: str, payments: Sequence[Payment], *, by: Actor, at: datetime) -> Change[Batch]:
    """Put payments into a batch."""
    if not payments:
        raise NothingToExport("There is no approved payment to export now.")
    total = sum((payment.amount for payment in payments), NOTHING)
    ids = tuple(payment.id for payment in payments)
    return Change(Batch(id=id, payments=ids, total=total, exported_by=by.id, exported_at=at))


def short(reference: str) -> str:
    """Name something for the bank: the same name for the same reference, in 32 characters."""
    return hashlib.sha256(reference.encode()).hexdigest()[:32]
