"""Holds the provider's books against the ledger; says what differs, and corrects nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from contracts.money import Money
from services.stipends.domain.ledger import NOTHING, Account, Cause, Posting

CAUSES: Final = frozenset({Cause.PAYMENT_SENT, Cause.PAYMENT_MADE, Cause.PAYMENT_FAILED, Cause.PAYMENT_RETURNED})

State = Literal["processing", "paid", "failed", "returned"]


class Statement(BaseModel):
    """One payment as the provider's own books have it."""

    model_config = ConfigDict(frozen=True)

    reference: str
    provider_id: str
    amount: Money
    status: State


class Booked(BaseModel):
    """One payment as the ledger has it: what the postings under its reference come to."""

    model_config = ConfigDict(frozen=True)

    reference: str
    in_transit: Money = NOTHING
    paid: Money = NOTHING

    @property
    def is_settled(self) -> bool:
        """Say whether nothing of it is with the provider any more."""
        return self.in_transit == NOTHING

    @property
    def in_words(self) -> str:
        if self.paid != NOTHING:
            return f"{self.paid} paid"
        return f"{self.in_transit} in transit" if self.in_transit != NOTHING else "nothing paid"


class Difference(BaseModel):
    """One payment about which ledger and provider do not agree, in words."""

    model_config = ConfigDict(frozen=True)

    reference: str
    words: str


def booked(postings: Iterable[Posting]) -> Mapping[str, Booked]:
    """Sum up what is booked of each payment."""
    sums: dict[str, Booked] = {}
    for posting in postings:
        if posting.cause in CAUSES:
            known = sums.get(posting.reference, Booked(reference=posting.reference))
            sums[posting.reference] = Booked(
                reference=posting.reference,
                in_transit=known.in_transit + posting.on(Account.IN_TRANSIT),
                paid=known.paid + posting.on(Account.PAID),
            )
    return sums


def reconcile(ledger: Mapping[str, Booked], told: Sequence[Statement]) -> tuple[Difference, ...]:
    """Say where the two do not agree, each difference once, in the order of the references."""
    by_reference: dict[str, list[Statement]] = {}
    for one in told:
        by_reference.setdefault(one.reference, []).append(one)
    found: list[Difference] = []
    for reference in sorted({*ledger, *by_reference}):
        words = _differences(ledger.get(reference), by_reference.get(reference, []))
        found += [Difference(reference=reference, words=one) for one in words]
    return tuple(found)


def _differences(known: Booked | None, told: Sequence[Statement]) -> Iterator[str]:
    if len(told) > 1:
        ids = ", ".join(one.provider_id for one in told)
        yield f"The provider has {len(told)} payments under this reference: {ids}."
    elif not told:
        if known is not None and known.in_words != "nothing paid":
            yield f"The ledger has {known.in_words}; the provider has no such payment."
    elif known is None:
        if told[0].status in {"processing", "paid"}:
            yield f"The provider has {told[0].amount} {told[0].status}; the ledger has nothing of it."
    else:
        yield from _compared(known, told[0])


def _compared(known: Booked, told: Statement) -> Iterator[str]:
    expected = {
        "processing": (told.amount, NOTHING),
        "paid": (NOTHING, told.amount),
        "failed": (NOTHING, NOTHING),
        "returned": (NOTHING, NOTHING),
    }[told.status]
    if (known.in_transit, known.paid) != expected:
        yield f"The provider has {told.amount} {told.status}; the ledger has {known.in_words}."
