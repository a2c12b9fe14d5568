"""The sum over all accounts is zero and nothing that is not there is taken, whatever is booked."""

from contextlib import suppress
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from contracts.ids import ProjectId
from contracts.money import Money
from contracts.stipends import BudgetPosted
from services.stipends.domain.ledger import (
    LARGEST,
    LARGEST_BUDGET,
    NOTHING,
    Account,
    Budget,
    BudgetTooLarge,
    Cause,
    NotPayable,
    Overdrawn,
    Posting,
    book,
    chained,
    deposit,
    moved,
)
from tests.unit.stipends.examples import AT, DAY, FAY, dollars

PROJECT = ProjectId("p-1")
WAYS = list(permutations(Account, 2))
amounts = some.integers(1, 10**7).map(lambda minor: Money(amount_minor=minor))


def posting(amount: Money, accounts: tuple[Account, Account], id: str = "one") -> Posting:
    return moved(id, PROJECT, amount, accounts, cause=Cause.DEPOSIT, reference="r", by=FAY, at=AT)


def funded(amount: float) -> Budget:
    given_ = deposit("one", PROJECT, dollars(amount), reference="Bank 7", by=FAY, at=AT)
    return book(Budget(id=PROJECT), given_).state


def test_a_deposit_is_available_and_owed_to_whoever_gave_it():
    given_ = deposit("one", PROJECT, dollars(100), reference="Bank 7", by=FAY, at=AT)
    change = book(Budget(id=PROJECT, version=0), given_)
    assert change.state == Budget(
        id=PROJECT,
        head=chained(given_, 1, ""),
        external_funding=dollars(-100),
        available=dollars(100),
        version=1,
        sequence=1,
    )
    assert change.event == BudgetPosted(
        id="p-1",
        posting_id="one",
        cause="deposit",
        external_funding=dollars(-100),
        available=dollars(100),
        reserved=NOTHING,
        in_transit=NOTHING,
        paid=NOTHING,
        sequence=1,
        at=AT,
        by="fay",
    )


@pytest.mark.parametrize("giving", [account for account in Account if account is not Account.EXTERNAL_FUNDING])
def test_no_account_gives_what_it_does_not_hold(giving: Account):
    with pytest.raises(Overdrawn, match=f"{giving} holds 0.00 USD, which is 0.01 USD less"):
        book(Budget(id=PROJECT), posting(dollars(0.01), (giving, Account.EXTERNAL_FUNDING)))


def test_an_account_gives_all_it_holds_and_not_a_cent_more():
    way = (Account.AVAILABLE, Account.RESERVED)
    assert book(funded(100), posting(dollars(100), way)).state.available == NOTHING
    with pytest.raises(Overdrawn):
        book(funded(100), posting(dollars(100.01), way))


@pytest.mark.parametrize("amount", [NOTHING, dollars(-1), LARGEST, Money(amount_minor=5, currency="EUR")])
def test_what_cannot_be_moved_is_refused(amount: Money):
    with pytest.raises(NotPayable):
        deposit("one", PROJECT, amount, reference="r", by=FAY, at=AT)


def test_a_budget_cannot_grow_until_it_could_no_longer_be_read():
    nearly = LARGEST_BUDGET - dollars(1)
    full = Budget(id=PROJECT, external_funding=-nearly, available=nearly)
    with pytest.raises(BudgetTooLarge):
        book(full, deposit("one", PROJECT, dollars(2), reference="r", by=FAY, at=AT))


def test_a_posting_that_does_not_sum_to_zero_cannot_be_made():
    right = posting(dollars(1), (Account.AVAILABLE, Account.PAID))
    with pytest.raises(ValidationError, match="sum to zero"):
        Posting.model_validate({**dict(right), "entries": right.entries[:1]})


@pytest.mark.parametrize("wrong", [{"available": dollars(1)}, {"available": dollars(-1), "paid": dollars(1)}])
def test_balances_that_cannot_be_are_never_read_nor_stored(wrong: dict[str, Money]):
    with pytest.raises(ValidationError, match="sum to zero and none"):
        Budget.model_validate({"id": PROJECT, **wrong})


@given(some.lists(some.tuples(amounts, some.sampled_from(WAYS)), max_size=30))
def test_whatever_is_booked_the_balances_are_the_sum_of_the_entries(
    movements: list[tuple[Money, tuple[Account, Account]]],
):
    budget, booked = Budget(id=PROJECT), []
    for amount, accounts in movements:
        with suppress(Overdrawn):
            budget = book(budget, posting(amount, accounts)).state
            booked.append(posting(amount, accounts))
    assert budget.sum == NOTHING
    assert budget.balances == {account: sum((one.on(account) for one in booked), NOTHING) for account in Account}
    assert budget.sequence == len(booked)


def test_a_hash_is_the_same_wherever_the_posting_was_kept():
    given_ = deposit("one", PROJECT, dollars(100), reference="Bänk 7", by=FAY, at=AT)
    again = Posting.model_validate_json(given_.model_dump_json())
    assert chained(again, 1, "") == chained(given_, 1, "")
    assert chained(given_, 1, "") == "fc63c7027640c5d8c56e895f53b70452156a4ce97e654de232a2f92e434b7b54"


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "two"},
        {"project_id": "p-2"},
        {"cause": Cause.RELEASE},
        {"reference": "Bank 8"},
        {"sponsor": "ACME"},
        {"entries": ()},
        {"by": "eve"},
        {"at": AT + DAY},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_nothing_of_a_posting_changes_without_its_hash(changed: dict[str, object]):
    given_ = deposit("one", PROJECT, dollars(100), reference="Bank 7", by=FAY, at=AT)
    assert set(Posting.model_fields) == {"id", "project_id", "cause", "reference", "sponsor", "entries", "by", "at"}
    assert chained(given_.model_copy(update=changed), 1, "") != chained(given_, 1, "")


def test_a_hash_tells_of_the_place_and_of_all_that_was_before():
    given_ = deposit("one", PROJECT, dollars(100), reference="Bank 7", by=FAY, at=AT)
    hashes = {chained(given_, number, previous) for number in (1, 2) for previous in ("", "a")}
    assert len(hashes) == 4
