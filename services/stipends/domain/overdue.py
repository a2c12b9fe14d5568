"""Installments that have stood still for too long: somebody should ask why."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from contracts.ids import AccountId, ProjectId, StipendId
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from contracts.time import Instant
from services.stipends.domain.installment import Installment
from services.stipends.domain.stipend import Stipend

MOVING: Final = frozenset(InstallmentStatus) - {
    InstallmentStatus.SCHEDULED,
    InstallmentStatus.PAID,
    InstallmentStatus.CANCELED,
}
"""Where an installment is not meant to stay."""


class Overdue(BaseModel):
    """An installment that waits for somebody."""

    model_config = ConfigDict(frozen=True)

    stipend_id: StipendId
    project_id: ProjectId | None
    mentee_id: AccountId | None
    number: int
    amount: Money
    status: InstallmentStatus
    since: Instant


def waits_since(stipend: Stipend) -> datetime | None:
    """Give the instant of the last step of the installment that has stood still longest, if any is on its way."""
    return min((part.steps[-1].at for part in _moving(stipend)), default=None)


def overdue(stipend: Stipend, patience: timedelta, *, at: datetime) -> list[Overdue]:
    """List its installments that nobody has moved for that long."""
    return [
        Overdue(
            stipend_id=stipend.id,
            project_id=stipend.project_id,
            mentee_id=stipend.mentee_id,
            number=part.number,
            amount=part.amount,
            status=part.status,
            since=part.steps[-1].at,
        )
        for part in _moving(stipend)
        if part.steps[-1].at <= at - patience
    ]


def _moving(stipend: Stipend) -> Iterator[Installment]:
    return (part for part in stipend.installments if part.status in MOVING and part.steps)
