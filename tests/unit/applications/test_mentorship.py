"""The rules of a mentorship's end: the three gates to graduation, and reasons to fail."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import ApplicationFailed, ApplicationGraduated, ApplicationStatus, ApplicationWithdrawn
from services.applications.domain import application as domain
from services.applications.domain.application import Application, ApplicationUnknown, ReasonMissing
from services.applications.domain.mentorship import NotReadyToGraduate, fail, graduate
from services.chassis.domain import Actor, Change, NotAllowed
from tests.unit.applications.examples import ADA, AT, DAY, EVE, MIRA, MO, application, evaluation, final, project, term

ACTIVE: dict[str, Any] = {"status": "active", "attendance": "full_time", "accepted_at": AT - DAY}
GATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    #                                            of the application     of the final evaluation
    "2 milestone tasks are not completed.": ({"open_milestones": 2}, {}),
    "The final evaluation is not recorded.": ({}, {"verdict": None}),
    "The mentee has not given feedback with the final evaluation.": ({}, {"feedback": None}),
}


def test_graduation_is_told_and_leaves_the_person_engaged():
    change = graduate(application(**ACTIVE), project(), [final()], by=ADA, at=AT)
    assert isinstance(change.event, ApplicationGraduated)
    assert (change.event.status, change.event.accepted_at, change.event.by) == ("graduated", AT - DAY, "ada")
    assert (change.state.is_engaged, change.state.is_over) == (True, True)


@pytest.mark.parametrize("closed", list(product([False, True], repeat=3)), ids=str)
def test_the_gates_are_open_or_everything_that_is_missing_is_named(closed: tuple[bool, ...]):
    missing = [words for words, is_closed in zip(GATES, closed, strict=True) if is_closed]
    of_application, of_final = dict(ACTIVE), dict[str, Any]()
    for words in missing:
        of_application |= GATES[words][0]
        of_final |= GATES[words][1]
    if not missing:
        assert graduate(application(**of_application), project(), [final()], by=ADA, at=AT).state.is_over
        return
    with pytest.raises(NotReadyToGraduate) as refused:
        graduate(application(**of_application), project(), [final(**of_final)], by=ADA, at=AT)
    assert str(refused.value) == " ".join(missing)


@pytest.mark.parametrize(
    ("evaluations", "words"),
    [
        ([final(verdict="unsatisfactory")], "final evaluation is unsatisfactory"),
        ([final(milestone="midterm")], "final evaluation is not recorded.*feedback"),
        ([], "final evaluation is not recorded.*feedback"),
    ],
)
def test_only_a_satisfactory_final_evaluation_opens_its_gate(evaluations: list[Any], words: str):
    with pytest.raises(NotReadyToGraduate, match=words):
        graduate(application(**ACTIVE), project(), evaluations, by=ADA, at=AT)


def test_one_open_task_is_named_as_one():
    with pytest.raises(NotReadyToGraduate, match="1 milestone task is not"):
        graduate(application(**ACTIVE, open_milestones=1), project(), [final()], by=ADA, at=AT)


def test_prerequisites_are_no_gate():
    assert graduate(application(**ACTIVE, open_prerequisites=3), project(), [final()], by=ADA, at=AT).state.is_over


@pytest.mark.parametrize(
    ("reason", "verdicts", "message"),
    [
        ("Was never there.", (), "Was never there."),
        ("Was never there.", ("unsatisfactory",), "Was never there."),
        ("", ("unsatisfactory",), "The midterm evaluation is unsatisfactory."),
        ("", ("satisfactory", "unsatisfactory"), "The midterm evaluation is unsatisfactory."),
    ],
)
def test_a_mentorship_fails_for_a_stated_reason_or_an_unsatisfactory_evaluation(
    reason: str, verdicts: tuple[str, ...], message: str
):
    evaluations = [evaluation(verdict=verdict) for verdict in verdicts]
    change = fail(application(**ACTIVE), project(), evaluations, reason=reason, by=ADA, at=AT)
    assert isinstance(change.event, ApplicationFailed)
    assert (change.state.message, change.state.is_engaged) == (message, False)
    assert (change.event.status, message in change.event.model_dump_json()) == ("failed", False)


@given(st.lists(st.sampled_from([None, "satisfactory"])))
def test_without_a_reason_nobody_fails(verdicts: list[str | None]):
    evaluations = [evaluation(verdict=verdict) for verdict in verdicts]
    with pytest.raises(ReasonMissing):
        fail(application(**ACTIVE), project(), evaluations, reason="", by=ADA, at=AT)


def take_out(subject: Application, *, reason: str = "Moved away.", by: Actor = ADA) -> Change[Application]:
    return domain.withdraw(subject, project(), term=term(), reason=reason, by=by, at=AT)


def test_an_administrator_takes_an_active_mentee_out_and_says_why():
    change = take_out(application(status="active"))
    assert isinstance(change.event, ApplicationWithdrawn)
    assert (change.state.status, change.state.message, change.event.by) == ("withdrawn", "Moved away.", "ada")
    assert "Moved" not in change.event.model_dump_json()
    with pytest.raises(ReasonMissing):
        take_out(application(status="active"), reason="")


@pytest.mark.parametrize("status", ApplicationStatus)
def test_an_administrator_withdraws_nothing_but_an_active_mentorship(status: ApplicationStatus):
    if status is ApplicationStatus.ACTIVE:
        assert take_out(application(status=status)).state.status == "withdrawn"
    else:
        with pytest.raises(NotAllowed):
            take_out(application(status=status))


@pytest.mark.parametrize("by", [MO, EVE], ids=lambda actor: actor.id)
def test_nobody_else_takes_a_mentee_out(by: Actor):
    with pytest.raises(NotAllowed if by is MO else ApplicationUnknown):
        take_out(application(status="active"), by=by)


def test_a_mentee_withdraws_with_or_without_a_reason():
    assert take_out(application(status="active"), by=MIRA).state.message == "Moved away."
    assert take_out(application(status="active"), by=MIRA, reason="").state.message == ""
