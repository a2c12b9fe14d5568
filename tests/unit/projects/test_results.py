"""The instant until which decisions are held back from applicants."""

from datetime import datetime
from typing import Any

import pytest

from contracts.projects import TermEdited, TermPlanned, TermReopened
from services.projects.domain import term as domain
from services.projects.domain.term import InstantPassed, Phase, Term, TermOutOfOrder
from tests.unit.projects.test_project import ADA, AT, project
from tests.unit.projects.test_term import DAY, term

RESULTS = AT + 15 * DAY


def planned(**changes: Any) -> Term:
    change = domain.plan(term(**changes), project(), (), by=ADA, at=AT)
    assert isinstance(change.event, TermPlanned)
    assert change.event.results_at == change.state.results_at
    return change.state


def edited(subject: Term, on: datetime, **changes: Any) -> Term:
    change = domain.edit(subject, changes, project(), (), by=ADA, at=on)
    assert isinstance(change.event, TermEdited)
    return change.state


@pytest.mark.parametrize("day", [10, 15, 20])
def test_results_are_told_between_the_close_of_the_window_and_the_start(day: int):
    assert planned(results_at=AT + day * DAY).results_at == AT + day * DAY


@pytest.mark.parametrize("day", [9, 21])
def test_results_are_never_told_earlier_or_later(day: int):
    with pytest.raises(TermOutOfOrder, match="results_at"):
        planned(results_at=AT + day * DAY)


def test_a_term_need_not_hold_anything_back():
    assert planned().results_at is None


def test_results_that_lie_ahead_can_be_moved_and_dropped():
    assert edited(term(results_at=RESULTS), AT, results_at=AT + 16 * DAY).results_at == AT + 16 * DAY
    assert edited(term(results_at=RESULTS), AT, results_at=None).results_at is None


def test_results_that_were_told_stay_told():
    told = term(results_at=RESULTS, phase=Phase.CLOSED)
    with pytest.raises(InstantPassed, match="results_at"):
        edited(told, RESULTS, results_at=AT + 18 * DAY)
    with pytest.raises(InstantPassed, match="none"):
        edited(told, RESULTS, results_at=None)


def test_a_window_does_not_grow_over_results_that_lie_ahead():
    subject = term(results_at=RESULTS, phase=Phase.OPEN)
    assert edited(subject, AT + 5 * DAY, window_closes_at=RESULTS).window_closes_at == RESULTS
    with pytest.raises(TermOutOfOrder, match="results_at"):
        edited(subject, AT + 5 * DAY, window_closes_at=RESULTS + DAY)


def test_a_window_is_reopened_up_to_results_that_lie_ahead_and_past_those_that_were_told():
    subject = term(results_at=RESULTS, phase=Phase.CLOSED)
    with pytest.raises(TermOutOfOrder, match="results_at"):
        domain.reopen(subject, AT + 18 * DAY, project(), by=ADA, at=AT + 12 * DAY)
    change = domain.reopen(subject, AT + 18 * DAY, project(), by=ADA, at=AT + 16 * DAY)
    assert isinstance(change.event, TermReopened)
    assert (change.event.results_at, change.event.window_closes_at) == (RESULTS, AT + 18 * DAY)
