"""What JSON says, and nothing that could be read as it: neither true nor "5" is a whole number, no number is a date.

Where people type, in forms and tables, all is text: those validate with `strict=False`. A query is text too; in it a
day and an instant are written as in a body.
"""

import re
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator, Strict

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ].+", re.ASCII)


def _as_a_day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("Write a date as 2026-01-31.")


def _as_an_instant(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise ValueError("Write an instant as 2026-01-31T12:00:00Z.")


Whole = Annotated[int, Strict()]
YesOrNo = Annotated[bool, Strict()]
Day = Annotated[date, BeforeValidator(_as_a_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_as_an_instant)]
