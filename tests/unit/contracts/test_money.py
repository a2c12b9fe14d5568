"""Money: exact to the minor unit, never across currencies."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.money import Money

amounts = st.integers(-(10**12), 10**12)


@st.composite
def percentages(draw: st.DrawFn) -> tuple[int, ...]:
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=5)))
    edges = [0, *cuts, 100]
    return tuple(after - before for before, after in itertools.pairwise(edges))


@given(st.integers(0, 10**12), percentages())
def test_shares_sum_to_the_whole_and_only_the_last_has_a_remainder(minor: int, parts: tuple[int, ...]):
    shares = Money(amount_minor=minor).shares(parts)
    assert sum(share.amount_minor for share in shares) == minor
    assert all(share.amount_minor == minor * part // 100 for share, part in zip(shares[:-1], parts[:-1], strict=True))


@given(amounts, amounts)
def test_what_is_added_can_be_taken_away(one: int, other: int):
    assert Money(amount_minor=one) + Money(amount_minor=other) - Money(amount_minor=other) == Money(amount_minor=one)


def test_an_odd_cent_goes_to_the_last_share():
    assert [share.amount_minor for share in Money(amount_minor=101).shares((50, 50))] == [50, 51]


def test_shares_of_less_or_more_than_everything_are_refused():
    with pytest.raises(ValueError, match="these sum to 90"):
        Money(amount_minor=100).shares((50, 40))


def test_two_currencies_never_meet():
    with pytest.raises(ValueError, match="USD and EUR"):
        Money(amount_minor=1) + Money(amount_minor=1, currency="EUR")


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", ""])
def test_a_currency_is_three_capital_letters(currency: str):
    with pytest.raises(ValidationError):
        Money(amount_minor=1, currency=currency)


@pytest.mark.parametrize(
    ("minor", "said"), [(300000, "3,000.00 USD"), (-5, "-0.05 USD"), (10**15, "10,000,000,000,000.00 USD")]
)
def test_money_is_written_for_people(minor: int, said: str):
    assert str(Money(amount_minor=minor)) == said
