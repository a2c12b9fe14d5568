"""What JSON says is taken as it is, and nothing is read as something else."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.chassis.said import Day, Moment, Whole, YesOrNo

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "said", "meant"),
    [
        (Whole, 5, 5),
        (YesOrNo, True, True),
        (Day, "2026-01-31", date(2026, 1, 31)),
        (Moment, "2026-01-31T12:00:00Z", NOON),
        (Moment, "2026-01-31 13:00:00.000+01:00", NOON),
    ],
)
def test_what_is_said_as_it_is_to_be_is_taken(kind: Any, said: object, meant: object):
    assert TypeAdapter(kind).validate_python(said) == meant


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        *((Whole, said) for said in (True, "5", 5.5, None)),
        *((YesOrNo, said) for said in (1, 0, "true", "yes", None)),
        *((Day, said) for said in (0, "0", "2026-01-31T00:00:00", "20260131", "2026-02-30", True)),
        *((Moment, said) for said in (5, "5", "1700000000", "2026-01-31", "2026-01-31T12:00:00", True)),
    ],
)
def test_nothing_is_read_as_something_else(kind: Any, said: object):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(said)
