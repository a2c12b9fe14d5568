"""The rules of evaluations and of places."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import (
    ApplicationStatus,
    Attendance,
    EvaluationRecorded,
    EvaluationScheduled,
    FeedbackGiven,
    Milestone,
    Verdict,
)
from services.applications.domain import evaluation as domain
from services.applications.domain import places
from services.applications.domain.application import Application
from services.applications.domain.evaluation import (
    Evaluation,
    EvaluationUnknown,
    Feedback,
    FeedbackGivenBefore,
    NoFeedbackHere,
    RecordedBefore,
)
from services.applications.domain.places import CapacityReached, Places
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

PRIVATE = "The tests worry me."
QUESTIONS = (
    {"id": "progress", "text": "How is the progress?", "shown": True},
    {"id": "worries", "text": "What worries you?", "shown": False},
)
ACTIVE = application(status="active", attendance="full_time")


def scheduled(attendance: Attendance, *, at: Any = AT) -> list[Change[Evaluation]]:
    ids = (f"e-{n}" for n in count(1))
    return domain.schedule(offered(attendance=attendance), term(), ids, by=MIRA, at=at)


@pytest.mark.parametrize(("attendance", "step"), [(Attendance.FULL_TIME, 3), (Attendance.PART_TIME, 6)])
def test_four_evaluations_are_due_at_even_steps_from_the_start_of_the_term(attendance: Attendance, step: int):
    evaluations = [change.state for change in scheduled(attendance)]
    assert [each.milestone for each in evaluations] == list(Milestone)
    assert [each.optional for each in evaluations] == [True, False, True, False]
    start = date(2026, 3, 21)
    assert [each.due_on for each in evaluations] == [start + timedelta(weeks=step * n) for n in (1, 2, 3, 4)]


def test_each_scheduled_evaluation_is_told():
    assert [type(change.event) for change in scheduled(Attendance.FULL_TIME)] == [EvaluationScheduled] * 4


def test_who_confirms_after_the_start_has_the_same_time():
    evaluations = scheduled(Attendance.FULL_TIME, at=AT + 27 * DAY)
    assert evaluations[0].state.due_on == date(2026, 3, 28) + timedelta(weeks=3)


def test_without_an_attendance_there_is_no_schedule():
    with pytest.raises(NotInThisState):
        domain.schedule(application(), term(), ["e-1"], by=MIRA, at=AT)


def record(
    subject: Evaluation,
    *,
    verdict: Verdict = Verdict.SATISFACTORY,
    summary: str = "The build went well.",
    by: Actor = MO,
    of: Any = ACTIVE,
    answers: Mapping[str, str] | None = None,
) -> Change[Evaluation]:
    said = {"summary": summary, "private_note": PRIVATE}
    asked = project(evaluation_questions=QUESTIONS)
    return domain.record(subject, of, asked, verdict=verdict, **said, answers=answers or {}, by=by, at=AT)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_recorded_evaluation_tells_its_verdict_and_keeps_who_and_when(verdict: Verdict):
    change = record(evaluation(), verdict=verdict)
    assert isinstance(change.event, EvaluationRecorded)
    assert (change.event.verdict, change.event.milestone) == (verdict, Milestone.MIDTERM)
    assert (change.state.recorded_by, change.state.recorded_at) == ("mo", AT)
    assert PRIVATE not in change.event.model_dump_json()


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_mentors_and_administrators_record_the_mentee_never_does(by: Actor):
    if by in {ADA, MO}:
        assert record(evaluation(), by=by).state.recorded_by == by.id
    else:
        with pytest.raises(EvaluationUnknown if by is EVE else NotAllowed):
            record(evaluation(), by=by)


def test_a_mentor_who_is_the_mentee_does_not_record_either():
    with pytest.raises(NotAllowed, match="about you"):
        record(evaluation(), of=application(status="active", mentee_id="mo"))


def test_the_same_again_changes_nothing_and_is_not_told():
    recorded = record(evaluation()).state
    assert record(recorded, by=ADA) == Change(recorded)


@pytest.mark.parametrize("other", [{"verdict": Verdict.UNSATISFACTORY}, {"summary": "All."}], ids=str)
def test_what_was_recorded_stays(other: dict[str, Any]):
    with pytest.raises(RecordedBefore, match="satisfactory"):
        record(record(evaluation()).state, **other)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_an_active_mentorship_is_evaluated(status: ApplicationStatus):
    if status is ApplicationStatus.ACTIVE:
        assert record(evaluation(), of=application(status=status)).state.verdict == "satisfactory"
    else:
        with pytest.raises(NotInThisState, match=f"application is {status}"):
            record(evaluation(), of=application(status=status))


def test_the_private_note_is_not_for_the_mentee():
    recorded = record(evaluation()).state
    assert recorded.shown_to(MIRA, ACTIVE, project()) == recorded.model_copy(update={"private_note": ""})
    assert recorded.shown_to(MO, ACTIVE, project()) == recorded


def answer(
    subject: Evaluation, *, on_mentor: str = "Patient.", by: Actor = MIRA, of: Application = ACTIVE
) -> Change[Evaluation]:
    return domain.give_feedback(subject, of, project(), on_mentor=on_mentor, on_project="Lively channel.", by=by, at=AT)


def test_feedback_is_told_with_the_evaluation_and_without_its_words():
    subject = record(evaluation()).state
    change = answer(subject)
    assert change.state.feedback == Feedback(on_mentor="Patient.", on_project="Lively channel.", at=AT)
    assert isinstance(change.event, FeedbackGiven)
    assert (change.event.milestone, change.event.verdict) == (Milestone.MIDTERM, Verdict.SATISFACTORY)
    assert (change.event.key, change.event.sequence, change.event.by) == ("evaluation/e-1", 3, "mira")
    assert not any(words in change.event.model_dump_json() for words in ("Patient", "Lively", PRIVATE))


@pytest.mark.parametrize("milestone", Milestone)
def test_feedback_is_given_at_midterm_and_at_the_end(milestone: Milestone):
    if milestone in {Milestone.MIDTERM, Milestone.FINAL}:
        assert answer(evaluation(milestone=milestone)).state.feedback
    else:
        with pytest.raises(NoFeedbackHere, match="midterm and the final"):
            answer(evaluation(milestone=milestone))


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_only_the_mentee_gives_feedback(by: Actor):
    if by is MIRA:
        assert answer(evaluation(), by=by).state.feedback
    else:
        with pytest.raises(EvaluationUnknown if by is EVE else NotAllowed):
            answer(evaluation(), by=by)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_an_active_mentee_gives_feedback(status: ApplicationStatus):
    of = application(status=status)
    if status is ApplicationStatus.ACTIVE:
        assert answer(evaluation(), of=of).state.feedback
    else:
        with pytest.raises(NotInThisState, match=f"application is {status}"):
            answer(evaluation(), of=of)


def test_feedback_is_given_once_and_the_same_again_changes_nothing():
    given = answer(evaluation()).state
    assert answer(given) == Change(given)
    with pytest.raises(FeedbackGivenBefore):
        answer(given, on_mentor="Impatient.")


def test_the_words_of_feedback_are_for_the_mentee_and_the_administrators():
    given = answer(evaluation()).state
    assert given.shown_to(MIRA, ACTIVE, project()).feedback == given.feedback
    assert given.shown_to(ADA, ACTIVE, project()).feedback == given.feedback
    assert given.shown_to(MO, ACTIVE, project()).feedback == Feedback(on_mentor="", on_project="", at=AT)
    assert given.shown_to(MO, ACTIVE, project(administrators=("mo",))).feedback == given.feedback


@pytest.mark.parametrize("first", [record, answer])
def test_verdict_and_feedback_come_in_any_order(first: Any):
    second = answer if first is record else record
    both = second(first(evaluation()).state).state
    assert (both.verdict, both.feedback is not None, both.sequence) == ("satisfactory", True, 3)


@given(st.integers(1, 5), st.lists(st.booleans()))
def test_places_are_never_more_taken_than_there_are(capacity: int, takes: list[bool]):
    subject, taken = Places(id="t-1"), 0
    for wants in takes:
        if wants and taken == capacity:
            with pytest.raises(CapacityReached, match=f"{capacity} place"):
                places.take(subject, capacity=capacity)
        elif wants:
            subject, taken = places.take(subject, capacity=capacity).state, taken + 1
        elif taken:
            subject, taken = places.give_back(subject).state, taken - 1
        assert subject.taken == taken
