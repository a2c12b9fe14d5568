"""What of a project's stipends falls due when, and whether the money for it is there."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from contracts.ids import TermId
from contracts.money import Money
from contracts.stipends import InstallmentStatus, StipendStatus
from services.stipends.domain.installment import Installment
from services.stipends.domain.ledger import NOTHING, Budget
from services.stipends.domain.stipend import Stipend

OVER = frozenset({InstallmentStatus.PAID, InstallmentStatus.CANCELED})


class Month(BaseModel):
    """What can fall due in a month at the earliest."""

    model_config = ConfigDict(frozen=True)

    month: date | None
    """Its first day; none for what hangs on an evaluation that is not planned yet."""
    installments: int = 0
    amount: Money = NOTHING


class TermTotals(BaseModel):
    """What the stipends of a term come to, and where that money is."""

    model_config = ConfigDict(frozen=True)

    term_id: TermId | None
    stipends: int = 0
    committed: Money = NOTHING
    """What was promised; paid, canceled and outstanding make it up."""
    reserved: Money = NOTHING
    missing: Money = NOTHING
    """What could not be reserved yet."""
    paid: Money = NOTHING
    canceled: Money = NOTHING
    outstanding: Money = NOTHING


class Forecast(BaseModel):
    model_config = ConfigDict(frozen=True)

    months: tuple[Month, ...]
    terms: tuple[TermTotals, ...]
    available: Money
    missing: Money
    """What stipends that wait for money lack, all together."""
    shortfall: Money
    """What must be deposited so that none waits."""
    warnings: tuple[str, ...]


def forecast(stipends: Iterable[Stipend], budget: Budget, *, at: datetime) -> Forecast:
    """Reckon it from the stipends of one project."""
    known = tuple(stipends)
    terms = totals(known)
    missing = sum((one.missing for one in terms), NOTHING)
    short = missing - budget.available
    return Forecast(
        months=_months(known, at.date()),
        terms=terms,
        available=budget.available,
        missing=missing,
        shortfall=max(NOTHING, short),
        warnings=tuple(_warnings(terms, short)),
    )


def totals(stipends: Iterable[Stipend]) -> tuple[TermTotals, ...]:
    """Sum up term by term."""
    summed: dict[TermId | None, TermTotals] = {}
    for stipend in stipends:
        if stipend.amount is None:
            continue
        term = stipend.mentorship.term_id if stipend.mentorship else None
        summed[term] = _with(summed.get(term, TermTotals(term_id=term)), stipend, stipend.amount)
    return tuple(summed[term] for term in sorted(summed, key=str))


def _with(before: TermTotals, stipend: Stipend, amount: Money) -> TermTotals:
    paid, canceled = (_sum(stipend, status) for status in (InstallmentStatus.PAID, InstallmentStatus.CANCELED))
    waits = stipend.status is StipendStatus.AWAITING_FUNDS
    return TermTotals(
        term_id=before.term_id,
        stipends=before.stipends + 1,
        committed=before.committed + amount,
        reserved=before.reserved + stipend.reserved,
        missing=before.missing + (stipend.missing if waits else NOTHING),
        paid=before.paid + paid,
        canceled=before.canceled + canceled,
        outstanding=before.outstanding + amount - paid - canceled,
    )


def _sum(stipend: Stipend, status: InstallmentStatus) -> Money:
    return sum((part.amount for part in stipend.installments if part.status is status), NOTHING)


def _months(stipends: Iterable[Stipend], today: date) -> tuple[Month, ...]:
    due: dict[date | None, Month] = defaultdict(lambda: Month(month=None))
    for stipend in stipends:
        for part in stipend.installments:
            if part.status not in OVER:
                month = _month_of(stipend, part, today)
                before = due[month]
                more = {"installments": before.installments + 1, "amount": before.amount + part.amount}
                due[month] = Month(month=month, **more)
    return tuple(due[month] for month in sorted(due, key=lambda one: one or date.max))


def _month_of(stipend: Stipend, part: Installment, today: date) -> date | None:
    """Give the month of the evaluation it hangs on; what is earned, or overdue, can be asked for today."""
    planned = stipend.due_on(part.milestone) if part.status is InstallmentStatus.SCHEDULED else today
    return max(planned, today).replace(day=1) if planned else None


def _warnings(terms: Iterable[TermTotals], short: Money) -> Iterable[str]:
    if short > NOTHING:
        yield f"{short} more must be deposited until every accepted stipend is reserved."
    for term in terms:
        if term.missing > NOTHING:
            yield f"The stipends of term {term.term_id} come to {term.missing} more than was reserved for them."
