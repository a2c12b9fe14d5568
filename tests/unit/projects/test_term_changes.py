"""Terms that change: edited, closed early, reopened, taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.projects import TermClosed, TermDeleted, TermEdited, TermEnded, TermReopened, TermStarted
from services.chassis.domain import NotInThisState
from services.projects.domain import term as domain
from services.projects.domain.project import ProjectUnknown
from services.projects.domain.term import (
    InstantPassed,
    Phase,
    PlacesTaken,
    Term,
    TermHasApplications,
    TermNameTaken,
    TermOutOfOrder,
    TimeZoneUnknown,
)
from tests.unit.projects.test_project import ADA, AT, STRANGER, project
from tests.unit.projects.test_term import CLOCK, DAY, term

DAYS = {Phase.PLANNED: 0, Phase.OPEN: 5, Phase.CLOSED: 15, Phase.RUNNING: 50, Phase.OVER: 150}
"""A day on which a term is in this phase."""


def at(phase: Phase) -> datetime:
    return AT + DAYS[phase] * DAY


def edited(phase: Phase = Phase.PLANNED, *others: Term, **changes: Any) -> Term:
    return changed(term(phase=phase), *others, **changes)


def changed(subject: Term, *others: Term, **changes: Any) -> Term:
    change = domain.edit(subject, changes, project(), others, by=ADA, at=at(subject.phase))
    assert isinstance(change.event, TermEdited)
    return change.state


def closed(subject: Term, on: datetime) -> Term:
    change = domain.close(subject, project(), by=ADA, at=on)
    assert isinstance(change.event, TermClosed)
    assert change.event.window_closes_at == on
    return change.state


def reopened(subject: Term, until: datetime, on: datetime) -> Term:
    change = domain.reopen(subject, until, project(), by=ADA, at=on)
    assert isinstance(change.event, TermReopened)
    assert change.event.window_closes_at == until
    return change.state


def test_what_is_left_out_of_an_edit_stays():
    assert edited(name="Summer", capacity=3) == term(name="Summer", capacity=3, version=2, sequence=1)


def test_an_edit_keeps_the_instants_in_order():
    assert edited(ends_at=AT + 90 * DAY).ends_at == AT + 90 * DAY
    with pytest.raises(TermOutOfOrder):
        edited(window_closes_at=AT + 21 * DAY)


@pytest.mark.parametrize("name", domain.INSTANTS)
@pytest.mark.parametrize("phase", [Phase.PLANNED, Phase.OPEN, Phase.CLOSED, Phase.RUNNING])
def test_an_instant_that_has_passed_stays(phase: Phase, name: str):
    subject = term(phase=phase, results_at=AT + 15 * DAY)
    later = getattr(subject, name) + timedelta(minutes=1)
    if getattr(subject, name) > at(phase):
        assert getattr(changed(subject, **{name: later}), name) == later
    else:
        with pytest.raises(InstantPassed, match=name):
            changed(subject, **{name: later})


def test_an_instant_that_has_passed_is_not_set_to_the_future():
    with pytest.raises(InstantPassed, match="window_closes_at"):
        edited(Phase.CLOSED, window_closes_at=AT + 18 * DAY)


def test_an_instant_is_not_set_to_the_past():
    with pytest.raises(InstantPassed, match="window_opens_at"):
        edited(window_opens_at=AT)


def test_a_term_that_is_over_stays_as_it_was():
    with pytest.raises(NotInThisState):
        edited(Phase.OVER, name="Summer")


def test_an_edit_keeps_names_apart_and_zones_known():
    with pytest.raises(TermNameTaken):
        edited(Phase.PLANNED, term(id="t-2", name="Summer"), name="SUMMER")
    assert edited(Phase.PLANNED, term(), name="SPRING").name == "SPRING"
    with pytest.raises(TimeZoneUnknown):
        edited(time_zone="Mars/Olympus")


@pytest.mark.parametrize("phase", Phase)
def test_only_an_open_window_is_closed_early(phase: Phase):
    if phase is Phase.OPEN:
        assert closed(term(phase=phase), at(phase)).phase is Phase.CLOSED
    else:
        with pytest.raises(NotInThisState):
            closed(term(phase=phase), at(phase))


def test_a_window_whose_last_instant_has_passed_is_left_to_the_clock():
    with pytest.raises(NotInThisState):
        closed(term(phase=Phase.OPEN), AT + 10 * DAY)


def test_the_clock_does_not_close_again_what_was_closed_early():
    early = closed(term(phase=Phase.OPEN), AT + 5 * DAY)
    with pytest.raises(NotInThisState):
        domain.cross(early, by=CLOCK, at=AT + 10 * DAY)
    assert isinstance(domain.cross(early, by=CLOCK, at=AT + 20 * DAY).event, TermStarted)


@pytest.mark.parametrize("phase", Phase)
def test_a_closed_window_is_reopened_while_the_end_is_ahead(phase: Phase):
    now = at(phase)
    if phase in {Phase.CLOSED, Phase.RUNNING}:
        assert reopened(term(phase=phase), now + DAY, now).phase is Phase.OPEN
        with pytest.raises(InstantPassed):
            reopened(term(phase=phase), now, now)
    else:
        with pytest.raises(NotInThisState):
            reopened(term(phase=phase), now + DAY, now)


def test_a_window_is_reopened_until_the_start_or_later_until_the_end():
    with pytest.raises(TermOutOfOrder):
        reopened(term(phase=Phase.CLOSED), AT + 21 * DAY, at(Phase.CLOSED))
    with pytest.raises(TermOutOfOrder):
        reopened(term(phase=Phase.RUNNING), AT + 101 * DAY, at(Phase.RUNNING))
    with pytest.raises(NotInThisState):
        reopened(term(phase=Phase.RUNNING), AT + 102 * DAY, AT + 100 * DAY)


def test_a_term_reopened_in_its_course_does_not_start_twice():
    again = reopened(term(phase=Phase.RUNNING), AT + 60 * DAY, at(Phase.RUNNING))
    crossed = domain.cross(again, by=CLOCK, at=AT + 200 * DAY)
    assert (type(crossed.event), crossed.state.phase) == (TermClosed, Phase.RUNNING)
    assert isinstance(domain.cross(crossed.state, by=CLOCK, at=AT + 200 * DAY).event, TermEnded)
    assert closed(again, AT + 55 * DAY).phase is Phase.RUNNING


def test_a_term_reopened_in_its_course_can_still_be_edited():
    again = reopened(term(phase=Phase.RUNNING), AT + 60 * DAY, at(Phase.RUNNING))
    longer = domain.edit(again, {"window_closes_at": AT + 70 * DAY}, project(), (), by=ADA, at=at(Phase.RUNNING))
    assert longer.state.window_closes_at == AT + 70 * DAY
    with pytest.raises(TermOutOfOrder):
        domain.edit(again, {"window_closes_at": AT + 101 * DAY}, project(), (), by=ADA, at=at(Phase.RUNNING))


def test_a_term_is_taken_back_while_nobody_applied():
    change = domain.delete(term(), project(), applications=0, by=ADA, at=AT)
    assert isinstance(change.event, TermDeleted)
    assert change.event.window_closes_at == AT
    with pytest.raises(TermHasApplications):
        domain.delete(term(), project(), applications=1, by=ADA, at=AT)


@pytest.mark.parametrize(
    "decide",
    [
        lambda **who: domain.edit(term(), {"name": "Summer"}, project(), (), **who),
        lambda **who: domain.close(term(phase=Phase.OPEN), project(), **who),
        lambda **who: domain.reopen(term(phase=Phase.CLOSED), AT + 12 * DAY, project(), **who),
        lambda **who: domain.delete(term(), project(), applications=0, **who),
    ],
    ids=["edit", "close", "reopen", "delete"],
)
def test_only_an_administrator_changes_a_term(decide: Any):
    with pytest.raises(ProjectUnknown):
        decide(by=STRANGER, at=AT + DAY)


def test_the_capacity_is_not_lowered_below_the_places_that_are_taken():
    def lowered(capacity: int, taken: int, before: int = 5) -> Term:
        subject = term(capacity=before)
        return domain.edit(subject, {"capacity": capacity}, project(), (), taken=taken, by=ADA, at=AT).state

    assert lowered(3, taken=3).capacity == 3
    with pytest.raises(PlacesTaken, match="3 people"):
        lowered(2, taken=3)
    assert lowered(2, taken=3, before=2).capacity == 2
    assert lowered(9, taken=12, before=5).capacity == 9


def test_a_deadline_is_shown_in_its_zone_with_that_days_offset():
    summer = datetime(2026, 7, 1, 21, 59, tzinfo=UTC)
    assert term(window_closes_at=summer).window_closes_local == "2026-07-01T23:59:00+02:00"
    assert term(window_closes_at=summer.replace(month=1)).window_closes_local == "2026-01-01T22:59:00+01:00"
