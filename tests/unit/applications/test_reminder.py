"""When people are reminded: each once, in order, and after downtime by what is true then."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain.evaluation import OF_FEEDBACK, OF_OPTIONAL, REMINDERS
from services.applications.domain.reminder import Notice, reached, upcoming
from services.applications.domain.task import REMINDERS as OF_TASKS

DUE = date(2026, 5, 1)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEDULES = {"evaluation": REMINDERS, "optional": OF_OPTIONAL, "feedback": OF_FEEDBACK, "task": OF_TASKS}
days = st.floats(-20, 20, allow_nan=False)


def said(schedule: str, looks: list[datetime]) -> list[Notice]:
    """Look at these instants, and give what was said."""
    last, told = None, []
    for at in looks:
        if notice := reached(SCHEDULES[schedule], DUE, last, at):
            told.append(notice)
            last = notice
    return told


def test_an_evaluation_is_told_of_a_week_before_on_the_day_three_days_after_and_a_week_late():
    hours = [NOON + timedelta(hours=hour) for hour in range(-400, 400)]
    assert said("evaluation", hours) == list(Notice)
    instants, last = [], None
    for notice in Notice:
        instants.append(upcoming(REMINDERS, DUE, last))
        last = notice
    assert instants == [NOON - 7 * DAY, NOON, NOON + 3 * DAY, NOON + 7 * DAY]
    assert upcoming(REMINDERS, DUE, Notice.ESCALATED) is None


@pytest.mark.parametrize("at", [NOON - timedelta(seconds=1), NOON])
def test_a_reminder_is_said_from_its_instant_on(at: datetime):
    assert (reached(REMINDERS, DUE, Notice.AHEAD, at) is Notice.TODAY) is (at >= NOON)


def test_what_need_not_be_done_is_never_late():
    assert said("optional", [NOON + n * DAY for n in range(-9, 30)]) == [Notice.AHEAD, Notice.TODAY]


def test_nobody_gives_feedback_instead():
    assert Notice.ESCALATED not in said("feedback", [NOON + n * DAY for n in range(-9, 30)])


def test_after_downtime_only_what_is_true_now_is_said():
    assert said("evaluation", [NOON - 9 * DAY, NOON + 4 * DAY, NOON + 5 * DAY]) == [Notice.LATE]


@given(st.sampled_from(sorted(SCHEDULES)), st.lists(days))
def test_each_is_said_at_most_once_in_order_and_the_last_is_never_lost(schedule: str, offsets: list[float]):
    looks = sorted(NOON + offset * DAY for offset in offsets)
    told = said(schedule, looks)
    order = list(Notice)
    assert told == sorted(set(told), key=order.index)
    passed = [each for each, offset in SCHEDULES[schedule].items() if looks and looks[-1] >= NOON + offset * DAY]
    assert (told[-1] if told else None) == (passed[-1] if passed else None)


@given(st.sampled_from(sorted(SCHEDULES)), st.sampled_from([None, *Notice]), days)
def test_there_is_something_to_say_exactly_when_the_next_instant_has_come(
    schedule: str, last: Notice | None, offset: float
):
    at, next_at = NOON + offset * DAY, upcoming(SCHEDULES[schedule], DUE, last)
    assert (reached(SCHEDULES[schedule], DUE, last, at) is not None) is (next_at is not None and at >= next_at)
