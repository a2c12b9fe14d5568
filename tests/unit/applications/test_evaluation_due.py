"""Answers, reminders, escalation, extension and the second chance of evaluations."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import (
    ApplicationExtended,
    ApplicationStatus,
    Attendance,
    EvaluationEscalated,
    EvaluationMoved,
    EvaluationScheduled,
    Milestone,
    Verdict,
)
from contracts.ids import EvaluationId
from services.applications.domain import evaluation as domain
from services.applications.domain import mentorship
from services.applications.domain.application import Application, ApplicationUnknown
from services.applications.domain.evaluation import (
    DayPast,
    Evaluation,
    NoFeedbackHere,
    NoSecondChance,
    QuestionUnknown,
    RecordedBefore,
)
from services.applications.domain.mentorship import MOST_WEEKS, ExtensionTooLong
from services.applications.domain.reminder import Notice
from services.chassis.domain import Actor, Change, NotAllowed, NotInThisState
from tests.unit.applications.examples import (
    ADA,
    AT,
    DAY,
    EVE,
    MIRA,
    MO,
    application,
    evaluation,
    offered,
    project,
    term,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ACTIVE = application(status="active", attendance="full_time")
ASKING = project(
    evaluation_questions=(
        {"id": "progress", "text": "How is the progress?", "shown": True},
        {"id": "worries", "text": "What worries you?", "shown": False},
    )
)
FEEDBACK = {"on_mentor": "Patient.", "on_project": "Lively.", "at": AT}


def record(subject: Evaluation, answers: dict[str, str], *, of: Any = ASKING) -> Change[Evaluation]:
    said = {"summary": "", "private_note": ""}
    return domain.record(subject, ACTIVE, of, verdict=Verdict.SATISFACTORY, **said, answers=answers, by=MO, at=AT)


def test_answers_keep_what_was_asked_and_the_mentee_sees_those_that_are_shown():
    recorded = record(evaluation(), {"worries": "The tests.", "progress": "Good."}).state
    assert [(each.question_id, each.question, each.shown, each.text) for each in recorded.answers] == [
        ("progress", "How is the progress?", True, "Good."),
        ("worries", "What worries you?", False, "The tests."),
    ]
    seen = {by: recorded.shown_to(by, ACTIVE, ASKING).answers for by in (ADA, MO, MIRA)}
    assert seen[ADA] == seen[MO] == recorded.answers
    assert [each.text for each in seen[MIRA]] == ["Good."]


def test_the_words_of_the_answers_are_not_told():
    event = record(evaluation(), {"worries": "The tests."}).event
    assert event is not None
    assert "tests" not in event.model_dump_json()


def test_what_the_project_does_not_ask_is_not_answered():
    with pytest.raises(QuestionUnknown, match="height"):
        record(evaluation(), {"height": "Tall."})


def test_the_same_answers_again_change_nothing_even_when_the_project_asks_otherwise_now():
    recorded = record(evaluation(), {"progress": "Good."}).state
    assert record(recorded, {"progress": "Good."}, of=project()) == Change(recorded)
    with pytest.raises(RecordedBefore):
        record(recorded, {"progress": "Bad."})


@pytest.mark.parametrize(
    ("changes", "reminders"),
    [
        ({}, [-7, 0, 3, 7]),
        ({"milestone": "first", "optional": True}, [-7, 0]),
        ({"verdict": "satisfactory"}, [-7, 0, 3]),
        ({"feedback": FEEDBACK}, [-7, 0, 3, 7]),
        ({"verdict": "satisfactory", "feedback": FEEDBACK}, []),
        ({"verdict": "satisfactory", "milestone": "first", "optional": True}, []),
        ({"verdict": "satisfactory", "reevaluates": "e-0"}, []),
    ],
    ids=["open", "optional", "feedback missing", "verdict missing", "all there", "optional done", "second chance done"],
)
def test_somebody_is_reminded_of_what_is_still_missing(changes: dict[str, Any], reminders: list[int]):
    assert list(evaluation(**changes).reminders.values()) == reminders


def remind(subject: Evaluation, at: datetime, *, of: Application = ACTIVE) -> Change[Evaluation]:
    return domain.remind(subject, of, by=ADA, at=at)


def test_a_week_late_it_is_told_that_the_administrators_are_asked():
    late = remind(evaluation(), NOON + 3 * DAY)
    escalated = remind(late.state, NOON + 7 * DAY)
    assert (late.state.reminded, late.event, late.state.reminds_at) == (Notice.LATE, None, NOON + 7 * DAY)
    assert (escalated.state.reminded, escalated.state.reminds_at) == (Notice.ESCALATED, None)
    assert isinstance(escalated.event, EvaluationEscalated)


def test_each_reminder_is_noted_once():
    with pytest.raises(NotInThisState):
        remind(remind(evaluation(), NOON).state, NOON + DAY)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_nothing_escalates_once_the_mentorship_is_over(status: ApplicationStatus):
    change = remind(evaluation(), NOON + 8 * DAY, of=application(status=status))
    assert change.state.reminded is Notice.ESCALATED
    assert (change.event is not None) is (status is ApplicationStatus.ACTIVE)


def extend(subject: Application, weeks: int, *, by: Actor = ADA) -> Change[Application]:
    return mentorship.extend(subject, project(), weeks=weeks, by=by, at=AT)


def test_an_extension_is_told_and_kept_with_who_and_when():
    change = extend(ACTIVE, 2)
    assert isinstance(change.event, ApplicationExtended)
    assert (change.event.weeks, change.event.extended_weeks, change.state.extended_weeks) == (2, 2, 2)
    assert [(each.weeks, each.by, each.at) for each in change.state.extensions] == [(2, "ada", AT)]


@given(st.lists(st.integers(-1, 7), max_size=8))
def test_a_mentorship_is_extended_by_five_weeks_in_all(asked: list[int]):
    subject, granted = ACTIVE, 0
    for weeks in asked:
        if 1 <= weeks <= MOST_WEEKS - granted:
            subject, granted = extend(subject, weeks).state, granted + weeks
        else:
            with pytest.raises(ExtensionTooLong, match=f"of these {MOST_WEEKS - granted} are left"):
                extend(subject, weeks)
    assert subject.extended_weeks == granted == sum(each.weeks for each in subject.extensions) <= MOST_WEEKS


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_administrators_alone_extend(by: Actor):
    if by is ADA:
        assert extend(ACTIVE, 1, by=by).state.extended_weeks == 1
    else:
        with pytest.raises(ApplicationUnknown if by is EVE else NotAllowed):
            extend(ACTIVE, 1, by=by)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_an_active_mentorship_is_extended(status: ApplicationStatus):
    if status is ApplicationStatus.ACTIVE:
        assert extend(application(status=status), 1).state.status is status
    else:
        with pytest.raises(NotInThisState):
            extend(application(status=status), 1)


@given(
    st.sampled_from(Attendance),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 60)), max_size=5),
    st.integers(0, 40),
)
def test_what_the_extension_moved_keeps_its_distances_and_is_reminded_of_anew(
    attendance: Attendance, extensions: list[tuple[int, int]], begun: int
):
    """The schedule under any extensions at any days: what was ahead moved as one, what was not stayed."""
    ids = (f"e-{n}" for n in count(1))
    plan = domain.schedule(offered(attendance=attendance), term(), ids, by=MIRA, at=AT)
    evaluations, today = [change.state for change in plan], term().starts_at + begun * DAY
    for weeks, pause in extensions:
        today += pause * DAY
        before = [
            remind(each, today).state if each.reminds_at and each.reminds_at <= today else each for each in evaluations
        ]
        evaluations = [
            domain.postpone(each, days=7 * weeks, by=ADA, at=today).state if each.due_on > today.date() else each
            for each in before
        ]
        for old, new in zip(before, evaluations, strict=True):
            moved = old.due_on > today.date()
            assert new.due_on - old.due_on == (timedelta(weeks=weeks) if moved else timedelta(0))
            if moved:
                assert new.reminds_at is not None
                assert new.reminds_at.date() == new.due_on - timedelta(days=7) > today.date()
        assert [each.due_on for each in evaluations] == sorted(each.due_on for each in evaluations)


def test_a_move_is_told_with_the_new_day():
    change = domain.postpone(evaluation(reminded="ahead"), days=14, by=ADA, at=AT)
    assert isinstance(change.event, EvaluationMoved)
    assert (change.event.due_on, change.state.reminded) == (date(2026, 5, 15), None)


UNSATISFACTORY = {"verdict": "unsatisfactory", "milestone": "midterm"}


def give_second_chance(subject: Evaluation, *, by: Actor = ADA, of: Application = ACTIVE) -> Change[Evaluation]:
    return domain.give_second_chance(subject, of, project(), again=EvaluationId("e-9"), by=by)


@pytest.mark.parametrize("milestone", Milestone)
@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_an_unsatisfactory_midterm_alone_is_given_another_chance(milestone: Milestone, verdict: Verdict | None):
    subject = evaluation(milestone=milestone, verdict=verdict)
    if (milestone, verdict) == (Milestone.MIDTERM, Verdict.UNSATISFACTORY):
        assert give_second_chance(subject).state.reevaluated_by == "e-9"
    else:
        with pytest.raises(NoSecondChance):
            give_second_chance(subject)


@pytest.mark.parametrize("before", [{"reevaluated_by": "e-8"}, {"reevaluates": "e-1"}], ids=str)
def test_there_is_no_third_chance(before: dict[str, str]):
    with pytest.raises(NoSecondChance, match="no third"):
        give_second_chance(evaluation(**UNSATISFACTORY, **before))


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_administrators_alone_give_it(by: Actor):
    if by is ADA:
        assert give_second_chance(evaluation(**UNSATISFACTORY), by=by).state.reevaluated_by
    else:
        with pytest.raises(ApplicationUnknown if by is EVE else NotAllowed):
            give_second_chance(evaluation(**UNSATISFACTORY), by=by)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_an_active_mentorship_has_one(status: ApplicationStatus):
    subject, of = evaluation(**UNSATISFACTORY), application(status=status)
    if status is ApplicationStatus.ACTIVE:
        assert give_second_chance(subject, of=of).state.reevaluated_by
    else:
        with pytest.raises(NotInThisState):
            give_second_chance(subject, of=of)


def test_the_other_chance_is_an_evaluation_of_the_same_milestone_without_feedback():
    change = domain.reevaluate("e-9", evaluation(**UNSATISFACTORY), due_on=date(2026, 5, 20), by=ADA, at=AT)
    again = change.state
    assert (again.milestone, again.optional, again.reevaluates) == (Milestone.MIDTERM, False, "e-1")
    assert isinstance(change.event, EvaluationScheduled)
    assert change.event.reevaluates == "e-1"
    with pytest.raises(NoFeedbackHere):
        domain.give_feedback(again, ACTIVE, project(), on_mentor="x", on_project="y", by=MIRA, at=AT)


@pytest.mark.parametrize(("ahead", "refused"), [(-1, True), (0, True), (1, False)])
def test_the_other_chance_lies_ahead(ahead: int, refused: bool):
    due_on = (AT + ahead * DAY).date()
    if refused:
        with pytest.raises(DayPast, match="later day"):
            domain.reevaluate("e-9", evaluation(**UNSATISFACTORY), due_on=due_on, by=ADA, at=AT)
    else:
        again = domain.reevaluate("e-9", evaluation(**UNSATISFACTORY), due_on=due_on, by=ADA, at=AT).state
        assert again.reminds_at == (AT + DAY).replace(hour=12)


def test_who_evaluates_are_the_mentors_or_where_there_are_none_the_administrators():
    assert project().evaluators_of("mira") == ("mo",)  # type: ignore[arg-type]
    assert project(mentors=()).evaluators_of("mira") == ("ada",)  # type: ignore[arg-type]
    assert project(mentors=("mira",)).evaluators_of("mira") == ("ada",)  # type: ignore[arg-type]
