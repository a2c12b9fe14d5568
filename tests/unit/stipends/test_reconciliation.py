"""Ledger and provider are held against each other, and every difference is told in words."""

import pytest

from services.stipends.domain.ledger import Account, Cause, Posting, moved
from services.stipends.domain.reconciliation import Statement, booked, reconcile
from tests.unit.stipends.examples import AT, SYSTEM, dollars
from tests.unit.stipends.world import PROJECT

WAYS = {
    Cause.PAYMENT_SENT: (Account.RESERVED, Account.IN_TRANSIT),
    Cause.PAYMENT_MADE: (Account.IN_TRANSIT, Account.PAID),
    Cause.PAYMENT_FAILED: (Account.IN_TRANSIT, Account.RESERVED),
    Cause.PAYMENT_RETURNED: (Account.PAID, Account.RESERVED),
    Cause.RESERVATION: (Account.AVAILABLE, Account.RESERVED),
}
SENT, MADE, FAILED, RETURNED, RESERVED = WAYS


def posted(cause: Cause, reference: str = "a-1.1.1", amount: float = 100) -> Posting:
    id = f"{reference}.{cause}"
    return moved(id, PROJECT, dollars(amount), WAYS[cause], cause=cause, reference=reference, by=SYSTEM, at=AT)


def told(status: str, reference: str = "a-1.1.1", amount: float = 100, id: str = "x") -> Statement:
    return Statement.model_validate(
        {"reference": reference, "provider_id": id, "amount": dollars(amount), "status": status}
    )


def differences(causes: list[Cause], *statements: Statement) -> list[str]:
    return [one.words for one in reconcile(booked(map(posted, causes)), statements)]


@pytest.mark.parametrize(
    ("causes", "status"),
    [
        ([SENT], "processing"),
        ([SENT, MADE], "paid"),
        ([SENT, FAILED], "failed"),
        ([SENT, MADE, RETURNED], "returned"),
    ],
)
def test_what_agrees_is_not_listed(causes: list[Cause], status: str):
    assert differences(causes, told(status)) == []


def test_other_movements_are_none_of_the_providers_business():
    assert differences([RESERVED]) == []
    assert differences([], told("failed")) == []
    assert differences([SENT, FAILED]) == [], "an order that failed need not be in its books"


@pytest.mark.parametrize(
    ("causes", "statement", "words"),
    [
        ([SENT], told("paid"), "The provider has 100.00 USD paid; the ledger has 100.00 USD in transit."),
        ([SENT, MADE], told("returned"), "The provider has 100.00 USD returned; the ledger has 100.00 USD paid."),
        ([SENT, MADE], told("failed"), "The provider has 100.00 USD failed; the ledger has 100.00 USD paid."),
        ([SENT, FAILED], told("paid"), "The provider has 100.00 USD paid; the ledger has nothing paid."),
        ([SENT, MADE], told("paid", amount=90), "The provider has 90.00 USD paid; the ledger has 100.00 USD paid."),
        ([], told("paid"), "The provider has 100.00 USD paid; the ledger has nothing of it."),
        ([], told("processing"), "The provider has 100.00 USD processing; the ledger has nothing of it."),
    ],
)
def test_what_differs_is_told_in_words(causes: list[Cause], statement: Statement, words: str):
    assert differences(causes, statement) == [words]


def test_what_the_provider_does_not_have_is_told():
    assert differences([SENT, MADE]) == ["The ledger has 100.00 USD paid; the provider has no such payment."]
    assert differences([SENT]) == ["The ledger has 100.00 USD in transit; the provider has no such payment."]


def test_two_payments_under_one_reference_are_told_whatever_the_ledger_has():
    words = "The provider has 2 payments under this reference: x, y."
    assert differences([SENT, MADE], told("paid"), told("paid", id="y")) == [words]
    assert differences([], told("paid"), told("paid", id="y")) == [words]


def test_differences_come_in_the_order_of_their_references():
    ledger = booked([posted(SENT, "b"), posted(MADE, "b")])
    found = reconcile(ledger, [told("paid", "c"), told("paid", "a")])
    assert [one.reference for one in found] == ["a", "b", "c"]
