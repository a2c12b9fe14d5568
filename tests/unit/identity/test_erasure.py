"""To be gone: every move, at every instant, whatever a person is bound by."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import ApplicationStatus
from contracts.ids import AccountId, ActorId, ApplicationId, ProjectId, StipendId
from contracts.projects import ProjectStatus
from contracts.stipends import InstallmentPicture, InstallmentStatus
from services.chassis.domain import NotInThisState, system
from services.identity.domain import erasure as erasures
from services.identity.domain.account import myself
from services.identity.domain.erasure import (
    AGAIN,
    UNDER_WAY,
    Erasure,
    ErasureStatus,
    LastAdministrator,
    Mentorship,
    MentorshipRunning,
    PaymentUnderWay,
    Project,
    Stipend,
    Ties,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
WAIT = timedelta(days=7)
WANDA = AccountId(ActorId("wanda"))
FREE = Ties()
BY_ITSELF = system("identity")


def asked() -> Erasure:
    return erasures.ask(Erasure(id=WANDA), FREE, wait=WAIT, by=myself(WANDA), at=AT).state


def mentorship(status: ApplicationStatus) -> Mentorship:
    return Mentorship(id=ApplicationId("a"), mentee_id=WANDA, status=status)


def stipend(status: InstallmentStatus) -> Stipend:
    said = {"number": 1, "milestone": "midterm", "amount": {"amount_minor": 1, "currency": "USD"}, "status": status}
    return Stipend(id=StipendId("a"), mentee_id=WANDA, installments=(InstallmentPicture.model_validate(said),))


def project(status: ProjectStatus, *administrators: str) -> Project:
    return Project.model_validate(
        {"id": ProjectId("p"), "name": "Kernel", "status": status, "administrators": administrators}
    )


def test_the_wish_is_due_after_the_wait_and_told():
    change = erasures.ask(Erasure(id=WANDA), FREE, wait=WAIT, by=myself(WANDA), at=AT)
    assert (change.state.status, change.state.due_at, change.state.version) == (ErasureStatus.ASKED, AT + WAIT, 1)
    assert change.event is not None
    assert change.event.type == "erasure.requested.v1"


def test_asking_again_does_not_begin_anew():
    again = erasures.ask(asked(), FREE, wait=WAIT, by=myself(WANDA), at=AT + timedelta(days=3))
    assert (again.state, again.event) == (asked(), None)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_a_running_mentorship_and_nothing_else_of_applications_holds(status: ApplicationStatus):
    ties = Ties(mentorships=(mentorship(status),))
    if status is ApplicationStatus.ACTIVE:
        with pytest.raises(MentorshipRunning):
            ties.must_not_hold(WANDA)
    else:
        ties.must_not_hold(WANDA)


@pytest.mark.parametrize("status", InstallmentStatus)
def test_money_that_was_asked_for_and_has_not_arrived_holds(status: InstallmentStatus):
    ties = Ties(stipends=(stipend(status),))
    if status in UNDER_WAY:
        with pytest.raises(PaymentUnderWay):
            ties.must_not_hold(WANDA)
    else:
        ties.must_not_hold(WANDA)


@pytest.mark.parametrize("status", ProjectStatus)
@pytest.mark.parametrize("others", [(), ("ada",)])
def test_a_project_that_would_have_no_administrator_holds(status: ProjectStatus, others: tuple[str, ...]):
    ties = Ties(projects=(project(status, WANDA, *others),))
    if others or status is ProjectStatus.ARCHIVED:
        ties.must_not_hold(WANDA)
    else:
        with pytest.raises(LastAdministrator, match="Kernel"):
            ties.must_not_hold(WANDA)


def test_what_is_taken_back_is_due_no_more_and_can_be_asked_for_anew():
    kept = erasures.keep(asked(), by=myself(WANDA), at=AT).state
    assert (kept.status, kept.due_at) == (ErasureStatus.KEPT, None)
    with pytest.raises(NotInThisState):
        erasures.carry_out(kept, by=BY_ITSELF, at=AT + 2 * WAIT)
    with pytest.raises(NotInThisState):
        erasures.keep(kept, by=myself(WANDA), at=AT)
    again = erasures.ask(kept, FREE, wait=WAIT, by=myself(WANDA), at=AT + WAIT).state
    assert again.due_at == AT + 2 * WAIT


def test_what_was_put_off_is_looked_at_again_in_a_day():
    later = erasures.postpone(asked(), by=BY_ITSELF, at=AT + WAIT)
    assert (later.state.due_at, later.state.postponed) == (AT + WAIT + AGAIN, 1)
    with pytest.raises(NotInThisState):
        erasures.postpone(asked(), by=BY_ITSELF, at=AT)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_nobody_is_erased_before_the_instant_they_were_told(passed: timedelta):
    if passed < WAIT:
        with pytest.raises(NotInThisState):
            erasures.carry_out(asked(), by=BY_ITSELF, at=AT + passed)
    else:
        assert erasures.carry_out(asked(), by=BY_ITSELF, at=AT + passed).state.status is ErasureStatus.DONE


@given(st.lists(st.sampled_from(["ask", "keep", "postpone", "carry out"]), max_size=12), st.data())
def test_whatever_happens_who_is_gone_stays_gone_and_who_waits_has_a_date(steps: list[str], data: st.DataObject):
    erasure, at = Erasure(id=WANDA), AT
    told = 0
    for step in steps:
        at += data.draw(st.timedeltas(timedelta(0), timedelta(days=9)))
        before = erasure
        try:
            erasure, event = _take(step, erasure, at)
        except NotInThisState:
            continue
        told += event
        assert (erasure.due_at is not None) is erasure.is_asked
        assert erasure.sequence == told
        assert before.status is not ErasureStatus.DONE


def _take(step: str, erasure: Erasure, at: datetime) -> tuple[Erasure, int]:
    match step:
        case "ask":
            change = erasures.ask(erasure, FREE, wait=WAIT, by=myself(WANDA), at=at)
        case "keep":
            change = erasures.keep(erasure, by=myself(WANDA), at=at)
        case "postpone":
            change = erasures.postpone(erasure, by=BY_ITSELF, at=at)
        case _:
            change = erasures.carry_out(erasure, by=BY_ITSELF, at=at)
    return change.state, change.event is not None
