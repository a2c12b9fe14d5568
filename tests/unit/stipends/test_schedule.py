"""The shipped schedule answers exactly the published amounts; others are read or computed, and compared."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from contracts.stipends import StipendScheduleIssued
from services.stipends import schedules
from services.stipends.domain.schedule import (
    Bounds,
    Schedule,
    ScheduleInThePast,
    ScheduleOutOfBounds,
    ScheduleUnreadable,
    compare,
    in_force,
    issue,
    of_ratios,
    of_table,
    predecessor,
)
from services.stipends.schedules import shipped
from tests.unit.stipends.examples import AT, DAY, STEF, dollars

LFX = shipped()["lfx-2022"]
TODAY = AT.date()
BOUNDS = Bounds(base=dollars(6000), minimum=dollars(1000), maximum=dollars(6600))
"""Those of the computed kind (LFX since 2026-07)."""
TABLE, RATIOS = "country_code,country,amount_usd\n", "country_code,country,price_level_ratio\n"


def test_every_published_amount_is_answered_to_the_cent():
    text = (Path(schedules.__file__).parent / "lfx-2022.csv").read_text("utf-8")
    published = {row["country_code"]: int(row["amount_usd"]) for row in csv.DictReader(text.splitlines())}
    assert len(published) == LFX.countries == 187
    assert {code: row.amount.amount_minor for code, row in LFX.rows.items()} == {
        code: dollars * 100 for code, dollars in published.items()
    }


@pytest.mark.parametrize(("country", "dollars"), [("DE", 5400), ("US", 6000), ("IN", 3000), ("CH", 6600)])
def test_some_amounts_anybody_can_look_up(country: str, dollars: int):
    row = LFX.row_of(country)
    assert row is not None
    assert row.amount.amount_minor == dollars * 100


@pytest.mark.parametrize("country", ["CU", "KP", "XX"])
def test_a_country_without_a_row_has_no_amount(country: str):
    assert LFX.row_of(country) is None


BAD_TABLES = {
    "another head": ("country,amount\nDE,5400\n", "The first line must be country_code,country,amount_usd"),
    "nothing": ("", "The first line must be"),
    "no country": (TABLE, "1 to 300 countries, not 0"),
    "a country twice": (TABLE + "DE,Germany,4800\nDE,Germany,5400\n", "Line 3: DE has two rows"),
    "no code": (TABLE + "Germany,Germany,4800\n", "Line 2: 'Germany' is not a country's code"),
    "cents": (TABLE + "DE,Germany,4800.50\n", "Line 2: '4800.50' is not a number of whole dollars"),
    "less than nothing": (TABLE + "DE,Germany,-4800\n", "not a number of whole dollars"),
    "other digits": (TABLE + "DE,Germany,٤٨٠٠\n", "not a number of whole dollars"),
    "a gap": (TABLE + "DE,Germany\n", "Line 2: it must have"),
    "too much": (TABLE + "DE,Germany,4800,1\n", "Line 2: it must have"),
    "no name": (TABLE + "DE,,4800\n", "Line 2: it must have"),
}


@pytest.mark.parametrize("case", BAD_TABLES, ids=BAD_TABLES)
def test_a_table_that_cannot_be_read_is_refused_by_its_line(case: str):
    text, said = BAD_TABLES[case]
    with pytest.raises(ScheduleUnreadable) as refused:
        of_table(text, BOUNDS)
    assert said in str(refused.value)


@pytest.mark.parametrize("amount", [999, 6601])
def test_an_amount_outside_the_bounds_is_refused_by_its_line(amount: int):
    with pytest.raises(ScheduleOutOfBounds, match=r"Line 2: .* is not from"):
        of_table(f"{TABLE}DE,Germany,{amount}\n", BOUNDS)
    with pytest.raises(ValidationError, match="is not from"):
        Schedule.model_validate({**dict(LFX), "maximum": dollars(6000)})


@pytest.mark.parametrize("bounds", [(0, 0, 1), (1, 0, 2), (5, 6, 7), (5, 4, 4)])
def test_bounds_are_in_their_order(bounds: tuple[int, int, int]):
    with pytest.raises(ValidationError, match="nothing < minimum ≤ base ≤ maximum"):
        Bounds(**{name: dollars(one) for name, one in zip(("base", "minimum", "maximum"), bounds, strict=True)})


@pytest.mark.parametrize(
    ("ratio", "amount"),
    [
        ("1", 6000),
        ("0.5", 3000),
        ("0.504", 3000),
        ("0.5084", 3100),
        ("0.01", 1000),
        ("1.3", 6600),
        ("0.508333333", 3000),
    ],
)
def test_an_amount_is_computed_from_base_ratio_step_and_bounds(ratio: str, amount: int):
    assert BOUNDS.computed(Decimal(ratio), dollars(100)) == dollars(amount)


def test_half_a_step_is_rounded_up():
    assert BOUNDS.computed(Decimal("0.50") + Decimal(50) / Decimal(6000), dollars(100)) == dollars(3100)


@given(some.decimals("0.0001", 10, places=4), some.integers(1, 5000))
def test_a_computed_amount_is_within_the_bounds_and_no_more_than_half_a_step_off(ratio: Decimal, step: int):
    amount = BOUNDS.computed(ratio, dollars(step))
    exact = Decimal(600_000) * ratio
    assert (
        max(BOUNDS.minimum.amount_minor, min(amount.amount_minor, BOUNDS.maximum.amount_minor)) == amount.amount_minor
    )
    if amount not in {BOUNDS.minimum, BOUNDS.maximum}:
        assert amount.amount_minor % (step * 100) == 0
        assert abs(amount.amount_minor - exact) * 2 <= step * 100


@pytest.mark.parametrize("ratio", ["", "x", "0", "-1", "NaN", "Infinity", "10.1", "1e5"])
def test_a_ratio_that_is_none_is_refused_by_its_line(ratio: str):
    with pytest.raises(ScheduleUnreadable, match="Line 3: "):
        of_ratios(f"{RATIOS}US,United States,1\nDE,Germany,{ratio}\n", BOUNDS, dollars(100))


def test_a_step_is_more_than_nothing():
    with pytest.raises(ScheduleOutOfBounds, match="step"):
        of_ratios(RATIOS + "DE,Germany,1\n", BOUNDS, dollars(0))


def table(text: str, **changes: Any) -> Schedule:
    said = {"version": "next", "title": "Next", "effective_from": TODAY, "rows": of_table(TABLE + text, BOUNDS)}
    return Schedule.model_validate({**dict(BOUNDS), **said, **changes})


def test_staff_issue_a_schedule_from_a_day_on():
    issued = issue(table("DE,Germany,4800\n"), by=STEF, at=AT)
    assert (issued.state.id, issued.state.schedule.countries) == ("next", 1)
    assert issued.event == StipendScheduleIssued(
        id="next", effective_from=TODAY, countries=1, sequence=1, at=AT, by="stef"
    )


def test_what_was_promised_is_not_changed_afterwards():
    with pytest.raises(ScheduleInThePast, match="2026-02-28 has passed"):
        issue(table("DE,Germany,4800\n", effective_from=TODAY - DAY), by=STEF, at=AT)


def test_a_schedule_is_in_the_currency_of_budgets():
    euros = {name: {"amount_minor": 100_000, "currency": "EUR"} for name in ("base", "minimum", "maximum")}
    with pytest.raises(ValidationError, match="USD and EUR cannot be reckoned together"):
        Bounds.model_validate(euros)


def test_of_those_in_force_the_newest_counts():
    later = table("DE,Germany,4800\n", effective_from=TODAY + DAY)
    known = {"lfx-2022": LFX, "next": later}
    assert [in_force(known, on) for on in (date(2021, 12, 31), TODAY, TODAY + DAY)] == [None, LFX, later]
    assert (predecessor(known, later), predecessor(known, LFX)) == (LFX, None)


def test_two_schedules_are_compared_country_by_country():
    before = table("DE,Germany,4800\nFR,France,4000\nIN,India,3000\n")
    after = table("AT,Austria,5000\nDE,Germany,5400\nIN,India,3000\n", version="after")
    told = [(one.country, one.before, one.after, one.difference) for one in compare(before, after)]
    assert told == [
        ("AT", None, dollars(5000), None),
        ("DE", dollars(4800), dollars(5400), dollars(600)),
        ("FR", dollars(4000), None, None),
    ]
    assert (compare(LFX, LFX), len(compare(None, LFX))) == ((), 187)
