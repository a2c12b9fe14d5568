"""The rules of applications: moves, who decides, offers, confirmation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import (
    ApplicationAccepted,
    ApplicationConfirmed,
    ApplicationDeclined,
    ApplicationStatus,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
    Attendance,
    PrerequisitesCompleted,
)
from contracts.stipends import StipendStatus
from services.applications.domain import application as domain
from services.applications.domain import confirmation, mentorship, waiting
from services.applications.domain.agreement import AgreementNotInForce
from services.applications.domain.application import (
    ENGAGED,
    LAST,
    NEXT,
    Application,
    ApplicationUnknown,
    OfferExpired,
)
from services.applications.domain.confirmation import UNFUNDED, FundingMissing
from services.applications.domain.known import Funding
from services.chassis.domain import Actor, Change, NotAllowed, NotInThisState, NotYetKnown, system
from tests.unit.applications.examples import (
    ADA,
    AGREEMENTS,
    AT,
    DAY,
    EVE,
    MIRA,
    MO,
    application,
    final,
    offered,
    project,
    term,
)

CLOCK = system("applications")


def accept(subject: Application, *, by: Actor = ADA) -> Change[Application]:
    valid = timedelta(days=14)
    return domain.accept(subject, project(), attendance=Attendance.FULL_TIME, term=term(), valid=valid, by=by, at=AT)


def decline(subject: Application, *, by: Actor = ADA) -> Change[Application]:
    return domain.decline(subject, project(), reason_code="not_selected", message="Many applied.", by=by, at=AT)


def waitlist(subject: Application, *, by: Actor = ADA) -> Change[Application]:
    return waiting.waitlist(subject, project(), attendance=None, rank=LAST, by=by, at=AT)


def reconsider(subject: Application, *, by: Actor = ADA) -> Change[Application]:
    return waiting.reconsider(subject, project(), by=by, at=AT)


def withdraw(subject: Application, *, by: Actor = MIRA) -> Change[Application]:
    return domain.withdraw(subject, project(), term=term(), reason="", by=by, at=AT)


def confirm(
    subject: Application, *, by: Actor = MIRA, funding: str | None = "reserved", at: Any = AT, version: str = "1"
) -> Change[Application]:
    known = None if funding is None else Funding.model_validate({"id": "a-1", "status": funding})
    signed: dict[str, Any] = {"agreement_version": version, "signature": "Mira Diaz", "agreements": AGREEMENTS}
    return confirmation.confirm(subject, project(), term=term(), **signed, funding=known, by=by, at=at)


def graduate(subject: Application, *, by: Actor = ADA) -> Change[Application]:
    return mentorship.graduate(subject, project(), [final()], by=by, at=AT)


def fail(subject: Application, *, by: Actor = ADA) -> Change[Application]:
    return mentorship.fail(subject, project(), [], reason="Was never there.", by=by, at=AT)


DECISIONS: dict[str, tuple[Callable[..., Change[Application]], set[str]]] = {
    "accept": (accept, {"ada"}),
    "waitlist": (waitlist, {"ada"}),
    "reconsider": (reconsider, {"ada"}),
    "decline": (decline, {"ada"}),
    "withdraw": (withdraw, {"mira"}),
    "confirm": (confirm, {"mira"}),
    "graduate": (graduate, {"ada"}),
    "fail": (fail, {"ada"}),
}
"""Each decision with those who may take it."""
LEADS_TO = {
    "accept": ApplicationStatus.ACCEPTED,
    "waitlist": ApplicationStatus.WAITLISTED,
    "reconsider": ApplicationStatus.PENDING,
    "decline": ApplicationStatus.DECLINED,
    "withdraw": ApplicationStatus.WITHDRAWN,
    "confirm": ApplicationStatus.ACTIVE,
    "graduate": ApplicationStatus.GRADUATED,
    "fail": ApplicationStatus.FAILED,
}


@pytest.mark.parametrize("before", ApplicationStatus)
@pytest.mark.parametrize("after", ApplicationStatus)
def test_every_move_is_either_listed_or_refused(before: ApplicationStatus, after: ApplicationStatus):
    subject = application(status=before)
    if after in NEXT.get(before, ()):
        assert subject.move(after, by=ADA, at=AT).status is after
    else:
        with pytest.raises(NotInThisState, match=f"{before} cannot become {after}"):
            subject.move(after, by=ADA, at=AT)


@pytest.mark.parametrize("before", ApplicationStatus)
@pytest.mark.parametrize("name", DECISIONS)
def test_every_decision_goes_through_the_table(before: ApplicationStatus, name: str):
    decide, _ = DECISIONS[name]
    if LEADS_TO[name] in NEXT.get(before, ()):
        assert decide(application(status=before)).state.status is LEADS_TO[name]
    else:
        with pytest.raises(NotInThisState):
            decide(application(status=before))


def status_for(name: str) -> str:
    return {"reconsider": "waitlisted", "confirm": "accepted", "graduate": "active", "fail": "active"}.get(
        name, "pending"
    )


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
@pytest.mark.parametrize("name", DECISIONS)
def test_administrators_decide_mentors_advise_mentees_decide_for_themselves(name: str, by: Actor):
    decide, allowed = DECISIONS[name]
    subject = application(status=status_for(name))
    if by.id in allowed:
        assert decide(subject, by=by).state.status is LEADS_TO[name]
    else:
        with pytest.raises(ApplicationUnknown if by is EVE else NotAllowed):
            decide(subject, by=by)


@pytest.mark.parametrize("decide", [accept, waitlist, reconsider, decline, graduate, fail])
def test_nobody_decides_about_their_own_application(decide: Callable[..., Change[Application]]):
    with pytest.raises(NotAllowed, match="your own"):
        decide(application(mentee_id="ada"), by=ADA)


@pytest.mark.parametrize("name", DECISIONS)
def test_who_and_when_is_kept(name: str):
    decide, (by,) = DECISIONS[name]
    step = decide(application(status=status_for(name))).state.history[-1]
    assert (step.status, step.by, step.at) == (LEADS_TO[name], by, AT)


@given(st.integers(1, 12))
def test_the_last_of_any_number_of_prerequisites_is_told_once(count: int):
    subject = application(open_prerequisites=count)
    told: list[type] = []
    for _ in range(count):
        change = domain.complete_prerequisite(subject, by=MO, at=AT)
        subject, told = change.state, [*told, type(change.event)]
    assert told == [type(None)] * (count - 1) + [PrerequisitesCompleted]
    assert subject.prerequisites_completed_at == AT
    with pytest.raises(NotInThisState):
        domain.complete_prerequisites(subject, by=CLOCK, at=AT)


def test_acceptance_tells_the_attendance_and_leaves_fourteen_days():
    change = accept(application())
    assert isinstance(change.event, ApplicationAccepted)
    assert (change.event.attendance, change.event.accepted_at) == (Attendance.FULL_TIME, AT)
    assert change.state.offer_expires_at == AT + 14 * DAY


def test_the_wait_list_is_told():
    change = waitlist(application())
    assert isinstance(change.event, ApplicationWaitlisted)
    assert (change.event.status, change.event.by) == ("waitlisted", "ada")


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_who_waits_is_placed_elsewhere_in_the_line(status: ApplicationStatus):
    said: dict[str, Any] = {"attendance": Attendance.PART_TIME, "rank": 3, "by": ADA}
    if status is ApplicationStatus.WAITLISTED:
        placed = waiting.arrange(application(status=status), project(), **said).state
        assert (placed.status, placed.waits_for, placed.rank) == (status, Attendance.PART_TIME, 3)
    else:
        with pytest.raises(NotInThisState, match="not on the wait list"):
            waiting.arrange(application(status=status), project(), **said)


def test_a_decline_carries_its_reason():
    change = decline(application())
    assert isinstance(change.event, ApplicationDeclined)
    assert change.event.reason_code == "not_selected"
    assert (change.state.reason_code, change.state.message) == ("not_selected", "Many applied.")


@pytest.mark.parametrize("leave", [withdraw, decline, confirm])
def test_an_offer_ends_when_it_is_answered(leave: Callable[..., Change[Application]]):
    assert leave(offered()).state.offer_expires_at is None


def test_a_withdrawal_is_told():
    assert isinstance(withdraw(offered()).event, ApplicationWithdrawn)


def test_an_offer_expires_after_its_time_and_not_before():
    change = domain.expire(offered(), by=CLOCK, at=AT + 14 * DAY)
    assert isinstance(change.event, ApplicationDeclined)
    assert (change.event.reason_code, change.event.by) == ("offer_expired", "system:applications")
    with pytest.raises(NotInThisState):
        domain.expire(offered(), by=CLOCK, at=AT + 14 * DAY - timedelta(milliseconds=1))


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_an_offer_expires(status: ApplicationStatus):
    with pytest.raises(NotInThisState):
        domain.expire(application(status=status), by=CLOCK, at=AT + 99 * DAY)


def test_confirming_signs_the_agreement():
    change = confirm(offered())
    assert isinstance(change.event, ApplicationConfirmed)
    agreement = change.state.agreement
    assert agreement is not None
    assert (agreement.version, agreement.signature, agreement.at) == ("1", "Mira Diaz", AT)


@pytest.mark.parametrize("version", ["0", "2", ""])
def test_only_the_agreement_in_force_is_signed(version: str):
    with pytest.raises(AgreementNotInForce, match="that is '1'"):
        confirm(offered(), version=version)


def test_an_offer_can_be_confirmed_until_it_expires():
    assert confirm(offered(), at=AT + 14 * DAY - timedelta(milliseconds=1)).state.status == "active"
    with pytest.raises(OfferExpired, match="2026-03-15"):
        confirm(offered(), at=AT + 14 * DAY)


@pytest.mark.parametrize("status", StipendStatus)
def test_a_mentorship_begins_reserved_or_unpaid_and_else_it_is_said_why_not(status: StipendStatus):
    if status in {StipendStatus.RESERVED, StipendStatus.UNPAID}:
        assert confirm(offered(), funding=status).state.status == "active"
    else:
        with pytest.raises(FundingMissing, match="tipend"):
            confirm(offered(), funding=status)
        assert status in UNFUNDED


def test_a_stipend_of_which_nothing_was_heard_may_arrive_yet():
    with pytest.raises(NotYetKnown):
        confirm(offered(), funding=None)


def test_a_stipend_still_expected_when_both_its_halves_are_there_is_old_news():
    with pytest.raises(FundingMissing, match="once all prerequisite tasks are completed"):
        confirm(offered(), funding="expected")
    with pytest.raises(NotYetKnown):
        confirm(offered(prerequisites_completed_at=AT), funding="expected")


@pytest.mark.parametrize("status", ApplicationStatus)
def test_a_person_is_engaged_from_acceptance_to_graduation(status: ApplicationStatus):
    assert application(status=status).is_engaged is (status in {"accepted", "active", "graduated"})
    assert application(status=status).is_over is (status in {"graduated", "failed", "declined", "withdrawn"})


@given(st.lists(st.sampled_from(sorted(DECISIONS))))
def test_whatever_is_tried_every_event_is_the_next_and_an_end_is_an_end(names: list[str]):
    subject, told = application(), 1
    for name in names:
        try:
            change = DECISIONS[name][0](subject)
        except NotInThisState:
            continue
        assert not subject.is_over
        told += change.event is not None
        assert change.state.sequence == told
        assert (change.state.offer_expires_at is not None) is (change.state.status == "accepted")
        subject = change.state
    assert subject.version == 1 + len(subject.history)
    assert (subject.accepted_at is not None) is any(step.status == "accepted" for step in subject.history)
    assert ENGAGED.isdisjoint({"pending", "waitlisted", "declined", "withdrawn", "failed"})
