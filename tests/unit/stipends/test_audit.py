"""Each way to tamper with a ledger is told in words; an untouched one is sound."""

from typing import Any

import pytest

from contracts.ids import ProjectId
from services.stipends.domain.audit import Broken, compare, follow
from services.stipends.domain.ledger import Account, Budget, Cause, book, deposit, moved
from tests.unit.stipends.examples import AT, FAY, dollars

PROJECT = ProjectId("p-1")
Rows = list[dict[str, Any]]


def ledger() -> tuple[Budget, Rows]:
    budget, rows = Budget(id=PROJECT, version=0), []
    way = (Account.AVAILABLE, Account.RESERVED)
    booked = [
        deposit("one", PROJECT, dollars(100), reference="Bank 7", by=FAY, at=AT),
        moved("two", PROJECT, dollars(60), way, cause=Cause.RESERVATION, reference="a-1", by=FAY, at=AT),
        deposit("three", PROJECT, dollars(5), reference="Bank 8", by=FAY, at=AT),
    ]
    for posting in booked:
        budget = book(budget, posting).state
        rows.append({**posting.model_dump(), "number": budget.sequence, "hash": budget.head})
    return budget, rows


def walk(rows: Rows) -> Budget:
    derived = Budget(id=PROJECT, version=0)
    for row in rows:
        derived = follow(derived, row)
    return derived


def test_what_was_booked_is_sound_and_comes_to_the_same_budget():
    budget, rows = ledger()
    assert walk(rows) == budget
    compare(walk(rows), budget)


@pytest.mark.parametrize("place", range(3))
def test_a_changed_posting_is_found_where_it_is(place: int):
    _, rows = ledger()
    rows[place]["reference"] = "Another"
    with pytest.raises(Broken, match=rf"^Posting {place + 1} \({rows[place]['id']}\) was changed"):
        walk(rows)


def test_a_posting_that_takes_what_is_not_there_cannot_have_been_booked():
    _, rows = ledger()
    with pytest.raises(Broken, match=r"^Posting 1 \(two\) cannot have been booked: available holds 0.00 USD"):
        walk([{**rows[1], "number": 1}])


def test_a_posting_that_does_not_sum_to_zero_cannot_have_been_booked():
    _, rows = ledger()
    rows[1]["entries"] = rows[1]["entries"][:1]
    with pytest.raises(Broken, match=r"^Posting 2 \(two\) cannot have been booked: .*sum to zero"):
        walk(rows)


def test_a_posting_without_a_hash_was_not_booked_by_us():
    _, rows = ledger()
    del rows[0]["hash"]
    with pytest.raises(Broken, match=r"^Posting 1"):
        walk(rows)


@pytest.mark.parametrize("place", range(2))
def test_a_missing_posting_is_found_by_the_gap(place: int):
    _, rows = ledger()
    del rows[place]
    with pytest.raises(Broken, match=rf"^Posting {place + 1} is missing: the next is {place + 2}"):
        walk(rows)


def test_a_missing_end_is_found_by_the_budget():
    budget, rows = ledger()
    with pytest.raises(Broken, match=r"^Posting 3 is missing: 3 were booked"):
        compare(walk(rows[:2]), budget)


def test_an_added_end_is_found_by_the_budget_though_its_hash_fits():
    _, rows = ledger()
    with pytest.raises(Broken, match=r"^Posting 3 was added: 2 were booked"):
        compare(walk(rows), walk(rows[:2]))


def test_balances_that_do_not_follow_from_the_postings_are_found():
    budget, _ = ledger()
    wrong = budget.model_copy(update={"available": dollars(44), "reserved": dollars(61)})
    with pytest.raises(Broken, match=r"says available holds 44.00 USD; its postings come to 45.00 USD"):
        compare(budget, wrong)


def test_another_end_and_no_budget_are_found():
    budget, _ = ledger()
    with pytest.raises(Broken, match=r"hashes differ"):
        compare(budget, budget.model_copy(update={"head": "0" * 64}))
    with pytest.raises(Broken, match=r"no budget"):
        compare(budget, None)
