"""The terms and conditions by version."""

from datetime import UTC, datetime, timedelta

import pytest

from services.chassis.versioned import in_force, texts_of
from services.projects.domain.conditions import ConditionsNotInForce, must_be_in_force
from services.projects.terms_and_conditions import shipped

DAY = timedelta(days=1)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
TWO = texts_of(
    {
        "2026-03": "---\neffective_from: 2026-03-01T00:00:00Z\n---\n\n# New\n",
        "2026-01": "---\neffective_from: 2026-01-01T00:00:00Z\n---\n\n# Old\n\n---\n\nA rule.\n",
    }
)


def test_texts_are_read_oldest_first_without_their_head():
    assert [(version.version, version.text) for version in TWO] == [
        ("2026-01", "# Old\n\n---\n\nA rule.\n"),
        ("2026-03", "# New\n"),
    ]


@pytest.mark.parametrize(
    ("at", "version"),
    [(MARCH - 200 * DAY, "2026-01"), (MARCH - DAY, "2026-01"), (MARCH, "2026-03"), (MARCH + DAY, "2026-03")],
)
def test_the_newest_that_has_come_into_effect_is_in_force(at: datetime, version: str):
    assert in_force(TWO, at).version == version
    must_be_in_force(version, TWO, at)


@pytest.mark.parametrize("version", ["2026-01", "2027-01", ""])
def test_a_refusal_names_the_version_in_force(version: str):
    with pytest.raises(ConditionsNotInForce, match="that is '2026-03'"):
        must_be_in_force(version, TWO, MARCH)


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"a": "No head."},
        {"a": "---\nsince: 2026-01-01T00:00:00Z\n---\nText"},
        {"a": "---\neffective_from: soon\n---\nText"},
        dict.fromkeys("ab", "---\neffective_from: 2026-01-01T00:00:00Z\n---\nText"),
    ],
)
def test_texts_of_which_it_is_not_clear_which_is_in_force_are_refused(texts: dict[str, str]):
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's and ours
        texts_of(texts)


def test_the_product_comes_with_a_version_in_force():
    assert in_force(shipped(), MARCH).version == "2026-01"
