"""Who leaves early is still due the weeks completed, where the project's policy says so. Source: domain.md, Stipend."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from contracts.applications import Attendance, Milestone
from contracts.money import Money
from contracts.stipends import InstallmentStatus
from services.stipends.domain.installment import Installment
from services.stipends.domain.ledger import NOTHING
from services.stipends.domain.mentorship import WEEKS

UNCLAIMED: Final = frozenset({InstallmentStatus.SCHEDULED, InstallmentStatus.CANCELED, InstallmentStatus.ELIGIBLE})
"""As long as nobody asked for it, an installment can still be divided, or be whole again."""


def completed(attendance: Attendance, planned_end: date, end: date, left_on: date) -> tuple[int, int]:
    """Give the completed weeks of a mentorship, and how many it has; an extension moved `planned_end` to `end`."""
    weeks = WEEKS[attendance]
    began = planned_end - timedelta(weeks=weeks)
    whole = weeks + max(0, (end - planned_end).days // 7)
    return max(0, min((left_on - began).days // 7, whole)), whole


def due_for(amount: Money, weeks: tuple[int, int]) -> Money:
    """Give the part of the amount for the completed of all weeks; a broken cent is not due."""
    done, whole = weeks
    return amount.model_copy(update={"amount_minor": amount.amount_minor * done // whole})


def whole(parts: tuple[Installment, ...]) -> tuple[Installment, ...]:
    """Put together again what was divided, where nobody asked for either part."""
    known = {part.number: part for part in parts}
    loose = {
        part.rest_of: part
        for part in parts
        if part.rest_of is not None and {part.status, known[part.rest_of].status} <= UNCLAIMED
    }

    def restored(part: Installment) -> Installment:
        if part.status not in UNCLAIMED:
            return part
        more = loose[part.number].amount if part.number in loose else NOTHING
        return part.model_copy(update={"amount": part.amount + more, "pro_rata": False})

    return tuple(restored(part) for part in parts if part.rest_of not in loose)


def divided(
    parts: tuple[Installment, ...], due: Money, has_passed: Callable[[Milestone], bool]
) -> tuple[Installment, ...]:
    """Mark the installments, or the part of one, that make up what is due beyond what was earned by evaluations."""
    earned = (part.amount for part in parts if part.status not in UNCLAIMED or has_passed(part.milestone))
    left = due - sum(earned, NOTHING)

    def shared() -> Iterator[Installment]:
        nonlocal left
        for part in parts:
            if left < Money(amount_minor=1) or part.status not in UNCLAIMED or has_passed(part.milestone):
                yield part
                continue
            given = min(left, part.amount)
            left -= given
            yield part.model_copy(update={"amount": given, "pro_rata": True})
            if given < part.amount:
                rest = {"number": len(parts) + 1, "amount": part.amount - given, "rest_of": part.number}
                yield Installment(milestone=part.milestone, percent=part.percent, **rest)

    return tuple(sorted(shared(), key=lambda part: part.number))
