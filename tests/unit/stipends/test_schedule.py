"""The shipped schedule answers exactly the published amounts."""

import csv
from pathlib import Path

import pytest

from services.stipends import schedules
from services.stipends.domain.schedule import Schedule, rows_of
from services.stipends.schedules import shipped

LFX = shipped()["lfx-2022"]
HEAD = "country_code,country,amount_usd\n"


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


def test_a_country_has_one_row():
    with pytest.raises(ValueError, match="DE has two rows"):
        rows_of(HEAD + "DE,Germany,4800\nDE,Germany,5400\n")


def test_an_amount_is_whole_dollars():
    with pytest.raises(ValueError, match="invalid literal"):
        rows_of(HEAD + "DE,Germany,4800.50\n")


def test_an_amount_outside_the_bounds_is_no_schedule():
    with pytest.raises(ValueError, match="DE: 9,000.00 USD is not from".replace(".", r"\.")):
        Schedule.model_validate({**dict(LFX), "rows": rows_of(HEAD + "DE,Germany,9000\n")})
