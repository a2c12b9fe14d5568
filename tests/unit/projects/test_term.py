"""The rules of terms and of invitations."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.projects import (
    InvitationStatus,
    MentorInvitationAccepted,
    TermClosed,
    TermEnded,
    TermOpened,
    TermPlanned,
    TermStarted,
)
from services.chassis.domain import NotInThisState, system
from services.projects.domain import invitation as invitations
from services.projects.domain import term as domain
from services.projects.domain.invitation import InvitationExpired, InvitationUsed, MentorInvitation, NotInvited
from services.projects.domain.term import (
    Label,
    Phase,
    Term,
    TermNameTaken,
    TermOutOfOrder,
    TimeZoneUnknown,
    TooManyTerms,
)
from tests.unit.projects.test_project import ADA, AT, MO, STRANGER, project

DAY = timedelta(days=1)
CLOCK = system("projects")


def term(**changes: Any) -> Term:
    instants = {
        "window_opens_at": AT + DAY,
        "window_closes_at": AT + 10 * DAY,
        "starts_at": AT + 20 * DAY,
        "ends_at": AT + 100 * DAY,
    }
    fields = {"id": "t-1", "project_id": "p-1", "name": "Spring", "time_zone": "Europe/Berlin", "capacity": 1}
    return Term.model_validate({**fields, **instants, **changes})


def planned(subject: Term, *others: Term) -> Term:
    change = domain.plan(subject, project(), others, by=ADA, at=AT)
    assert isinstance(change.event, TermPlanned)
    return change.state


def test_a_term_in_order_is_planned():
    assert planned(term()).phase is Phase.PLANNED


@pytest.mark.parametrize(
    "wrong",
    [
        {"window_opens_at": AT + 10 * DAY},
        {"window_closes_at": AT + 21 * DAY},
        {"ends_at": AT + 20 * DAY},
    ],
    ids=str,
)
def test_instants_out_of_order_are_refused(wrong: dict[str, Any]):
    with pytest.raises(TermOutOfOrder, match="window opens < window closes"):
        planned(term(**wrong))


def test_the_window_may_close_as_the_term_starts():
    assert planned(term(window_closes_at=AT + 20 * DAY)).phase is Phase.PLANNED


def test_a_term_that_is_over_cannot_be_planned():
    past = {
        name: getattr(term(), name) - 200 * DAY
        for name in ("window_opens_at", "window_closes_at", "starts_at", "ends_at")
    }
    with pytest.raises(TermOutOfOrder, match="over already"):
        planned(term(**past))


def test_a_project_has_at_most_four_open_terms():
    others = [term(id=f"t-{n}", name=f"T{n}") for n in range(4)]
    with pytest.raises(TooManyTerms):
        planned(term(), *others)
    ended = others[0].evolve(ends_at=AT)
    assert planned(term(), ended, *others[1:]).phase is Phase.PLANNED


def test_two_terms_of_a_project_have_two_names():
    with pytest.raises(TermNameTaken):
        planned(term(), term(id="t-2", name="SPRING"))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_must_be_known(zone: str):
    with pytest.raises(TimeZoneUnknown):
        planned(term(time_zone=zone))


def test_missed_instants_are_crossed_one_by_one_each_with_its_event():
    changes = [domain.cross(term(), by=CLOCK, at=AT + 200 * DAY)]
    for _ in range(3):
        changes.append(domain.cross(changes[-1].state, by=CLOCK, at=AT + 200 * DAY))
    assert [type(change.event) for change in changes] == [TermOpened, TermClosed, TermStarted, TermEnded]
    with pytest.raises(NotInThisState):
        domain.cross(changes[-1].state, by=CLOCK, at=AT + 200 * DAY)


def test_no_instant_is_crossed_before_its_time():
    with pytest.raises(NotInThisState):
        domain.cross(term(), by=CLOCK, at=AT + DAY - timedelta(milliseconds=1))


@given(st.integers(-10, 300))
def test_the_label_follows_the_clock(days: int):
    subject, at = term(), AT + days * DAY
    expected = (
        Label.COMING_SOON
        if days < 1
        else Label.APPLY_NOW
        if days < 10
        else Label.IN_PROGRESS
        if days < 100
        else Label.COMPLETED
    )
    assert subject.label(at) is expected


def invited() -> MentorInvitation:
    change = invitations.invite("i-1", project(), email="Mo@Example.org", token_hash="x", by=ADA, at=AT)
    return change.state


def accepted(subject: MentorInvitation, *, addresses: tuple[str, ...] = ("mo@example.org",), at: datetime = AT):
    return invitations.accept(subject, addresses=addresses, by=MO, at=at)


def test_an_invitation_is_accepted_by_any_proved_address():
    change = accepted(invited(), addresses=("other@example.org", "mo@example.org"))
    assert isinstance(change.event, MentorInvitationAccepted)
    assert (change.event.account_id, change.state.status) == ("mo", InvitationStatus.ACCEPTED)


def test_an_invitation_is_not_for_others():
    with pytest.raises(NotInvited):
        accepted(invited(), addresses=("eve@example.org",))


def test_an_invitation_is_accepted_once():
    with pytest.raises(InvitationUsed):
        accepted(accepted(invited()).state)


def test_an_invitation_is_good_for_seven_days():
    last = AT + timedelta(days=7) - timedelta(milliseconds=1)
    assert accepted(invited(), at=last).state.status is InvitationStatus.ACCEPTED
    with pytest.raises(InvitationExpired):
        accepted(invited(), at=AT + timedelta(days=7))


def test_the_event_of_an_invitation_does_not_tell_the_address():
    change = invitations.invite("i-1", project(), email="mo@example.org", token_hash="x", by=ADA, at=AT)
    assert change.event is not None
    assert "mo@example.org" not in change.event.model_dump_json()


def test_only_an_administrator_invites():
    with pytest.raises(Exception, match="There is no project"):
        invitations.invite("i-1", project(), email="mo@example.org", token_hash="x", by=STRANGER, at=AT)
