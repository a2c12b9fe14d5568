"""When people are told that something is due: pure functions of its day, of what was said before, and of the clock."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final


class Notice(StrEnum):
    """What is said of something that is due, in its order."""

    AHEAD = "ahead"
    TODAY = "today"
    LATE = "late"
    ESCALATED = "escalated"


Schedule = Mapping[Notice, int]
"""How many days after the day it is due each is said; before it where negative."""
NOON: Final = time(12, tzinfo=UTC)
"""When it is the same day in all zones from UTC-12 to UTC+11."""


def upcoming(schedule: Schedule, due_on: date, last: Notice | None) -> datetime | None:
    """Give the instant of what is said next after the last."""
    return min((instant for _, instant in _later(schedule, due_on, last)), default=None)


def reached(schedule: Schedule, due_on: date, last: Notice | None, at: datetime) -> Notice | None:
    """Give what is to be said now. After downtime that is the newest alone: what came before is not true any more."""
    return max(
        (notice for notice, instant in _later(schedule, due_on, last) if instant <= at), key=_place, default=None
    )


def _later(schedule: Schedule, due_on: date, last: Notice | None) -> Iterator[tuple[Notice, datetime]]:
    for notice, days in schedule.items():
        if last is None or _place(notice) > _place(last):
            yield notice, datetime.combine(due_on + timedelta(days=days), NOON)


def _place(notice: Notice) -> int:
    return list(Notice).index(notice)
