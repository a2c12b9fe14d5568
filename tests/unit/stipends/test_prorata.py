"""Leaving early where the policy pays by the week; and graduating, after which nothing more is earned."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts.applications import ApplicationConfirmed, ApplicationEvent, Attendance, EvaluationEvent
from contracts.money import Money
from services.stipends.domain.ledger import NOTHING
from services.stipends.domain.policy import StipendPolicy
from services.stipends.domain.prorata import completed, due_for
from services.stipends.domain.stipend import Stipend
from tests.unit.stipends.examples import (
    ACCEPTANCE,
    AT,
    BEGIN,
    DAY,
    END,
    POLICY,
    PREPARED,
    PRO_RATA,
    accepted,
    dollars,
    evaluated,
    graduated,
    said,
    scheduled,
    withdrawn,
)
from tests.unit.stipends.world import World

LEFT_AFTER_FIVE_WEEKS = AT + 7 * DAY + 5 * 7 * DAY


def lived(*facts: ApplicationEvent | EvaluationEvent, policy: StipendPolicy = PRO_RATA) -> World:
    world = World(policy)
    world.deposit(dollars(20_000))
    for fact in (accepted(), scheduled(), *facts):
        world.hear(fact)
        world.must_be_sound()
    return world


def parts(world: World) -> list[tuple[int, Money, str]]:
    stipend: Stipend = world.stipends["a-1"]
    return [(part.number, part.amount, part.status.value) for part in stipend.installments]


def confirmed(sequence: int, **changes: Any) -> ApplicationEvent:
    return said(ApplicationConfirmed, sequence, **{**PREPARED, **ACCEPTANCE, "status": "active", **changes})


def test_who_leaves_early_is_due_the_weeks_completed_and_the_rest_goes_back():
    world = lived(withdrawn(at=LEFT_AFTER_FIVE_WEEKS))
    assert parts(world) == [
        (1, dollars(2250), "eligible"),  # five twelfths of 5,400
        (2, dollars(2700), "canceled"),
        (3, dollars(450), "canceled"),
    ]
    assert (world.budget.reserved, world.budget.available) == (dollars(2250), dollars(17_750))


def test_what_an_evaluation_earned_counts_toward_the_weeks_completed():
    world = lived(evaluated("midterm", day=50), withdrawn(at=AT + 7 * DAY + 8 * 7 * DAY))
    assert parts(world) == [
        (1, dollars(2700), "eligible"),
        (2, dollars(900), "eligible"),
        (3, dollars(1800), "canceled"),
    ]


def test_an_evaluation_that_earned_more_than_the_weeks_stays_earned():
    world = lived(evaluated("midterm", day=20), withdrawn(at=LEFT_AFTER_FIVE_WEEKS))
    assert parts(world) == [(1, dollars(2700), "eligible"), (2, dollars(2700), "canceled")]


def test_unless_the_policy_says_so_nothing_is_due_for_weeks():
    world = lived(withdrawn(at=LEFT_AFTER_FIVE_WEEKS), policy=POLICY)
    assert [status for _, _, status in parts(world)] == ["canceled", "canceled"]
    assert world.budget.available == dollars(20_000)


def test_an_exit_that_is_undone_leaves_the_installments_whole():
    world = lived(withdrawn(sequence=8, at=LEFT_AFTER_FIVE_WEEKS), confirmed(9))
    assert parts(world) == [(1, dollars(2700), "scheduled"), (2, dollars(2700), "scheduled")]


def test_what_was_asked_for_meanwhile_stays_divided_when_the_exit_is_undone():
    world = lived(withdrawn(sequence=8, at=LEFT_AFTER_FIVE_WEEKS))
    world.request("a-1", 1)
    world.hear(confirmed(9))
    world.must_be_sound()
    assert parts(world) == [
        (1, dollars(2250), "requested"),
        (2, dollars(2700), "scheduled"),
        (3, dollars(450), "scheduled"),
    ]


def test_an_extension_makes_the_weeks_more():
    moved = {"due_on": END + timedelta(weeks=3)}
    later = evaluated("final", day=31, verdict="unsatisfactory").model_copy(update=moved)
    world = lived(later, withdrawn(at=LEFT_AFTER_FIVE_WEEKS))
    assert parts(world)[0] == (1, dollars(1800), "eligible")  # five fifteenths


def test_after_graduation_an_installment_whose_evaluation_was_never_satisfactory_is_canceled():
    world = lived(evaluated("midterm", verdict="unsatisfactory"), graduated(), policy=POLICY)
    assert parts(world) == [(1, dollars(2700), "canceled"), (2, dollars(2700), "eligible")]
    assert world.budget.reserved == dollars(2700)


def test_a_final_evaluation_heard_after_the_graduation_changes_nothing_about_it():
    facts = (evaluated("midterm"), graduated(), evaluated("final", day=8))
    assert (
        parts(lived(*facts))
        == parts(lived(*facts[:2]))
        == [
            (1, dollars(2700), "eligible"),
            (2, dollars(2700), "eligible"),
        ]
    )


@pytest.mark.parametrize(
    ("left", "weeks"),
    [(BEGIN - timedelta(days=9), 0), (BEGIN + timedelta(days=6), 0), (BEGIN + timedelta(days=7), 1), (END, 12)],
)
def test_only_whole_weeks_count(left: date, weeks: int):
    assert completed(Attendance.FULL_TIME, END, END, left) == (weeks, 12)


@given(
    some.integers(1, 10**10),
    some.dates(date(2026, 1, 1), date(2027, 1, 1)),
    some.integers(0, 5),
    some.sampled_from(Attendance),
)
def test_what_is_due_is_never_more_than_the_stipend_and_never_less_for_staying(
    minor: int, left: date, extension: int, attendance: Attendance
):
    amount, end = Money(amount_minor=minor), END + timedelta(weeks=extension)
    due, later = (due_for(amount, completed(attendance, END, end, on)) for on in (left, left + timedelta(days=7)))
    assert NOTHING.amount_minor <= due.amount_minor <= later.amount_minor <= minor
