"""Who may ask for an installment, and who decides."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from contracts.ids import ActorId
from contracts.stipends import (
    InstallmentApproved,
    InstallmentDeclined,
    InstallmentHeld,
    InstallmentPreapproved,
    InstallmentReleased,
    InstallmentRequested,
)
from services.chassis.domain import Actor, NotAllowed, NotInThisState
from services.stipends.domain.claim import (
    OwnStipend,
    PayeeMissing,
    SameApprover,
    approve,
    decline,
    hold,
    release,
    request,
    second,
)
from services.stipends.domain.facts import follow, hear_application, hear_evaluation
from services.stipends.domain.payee import PayeeUnconfirmed
from services.stipends.domain.project import ProjectUnknown
from services.stipends.domain.stipend import Stipend, earn
from tests.unit.stipends.examples import (
    ADA,
    AT,
    EVE,
    FAY,
    MIRA,
    MO,
    STEF,
    SYSTEM,
    accepted,
    blank,
    dollars,
    evaluated,
    means,
    payee,
    project,
)


def eligible() -> Stipend:
    made = follow(blank(), hear_application(accepted()), means(), by=SYSTEM, at=AT).state
    passed = follow(made, hear_evaluation(evaluated("midterm")), means(), by=SYSTEM, at=AT).state
    return earn(passed, 1, by=SYSTEM, at=AT).state


def requested() -> Stipend:
    return request(eligible(), 1, payee=payee(), by=MIRA, at=AT).state


def test_the_mentee_asks_for_what_is_earned():
    change = request(eligible(), 1, payee=payee(), by=MIRA, at=AT)
    assert change.state.installment(1).status == "requested"
    assert isinstance(change.event, InstallmentRequested)
    assert change.event.number == 1


@pytest.mark.parametrize("by", [ADA, MO, FAY, EVE])
def test_nobody_asks_for_another(by: Actor):
    with pytest.raises(NotAllowed, match="Only the mentee"):
        request(eligible(), 1, payee=payee(), by=by, at=AT)


def test_what_is_not_earned_is_not_asked_for():
    with pytest.raises(NotInThisState, match="scheduled cannot become requested"):
        request(eligible(), 2, payee=payee(), by=MIRA, at=AT)


def test_first_it_must_be_known_where_to_pay():
    with pytest.raises(PayeeMissing, match="PUT /v1/payees/me"):
        request(eligible(), 1, payee=None, by=MIRA, at=AT)


def test_an_administrator_approves():
    change = approve(requested(), 1, project=project(), payee=payee(), by=ADA, at=AT)
    assert (change.state.installment(1).status, change.state.installment(1).attempt) == ("approved", 1)
    assert isinstance(change.event, InstallmentApproved)


@pytest.mark.parametrize("by", [MO, FAY, EVE])
def test_nobody_else_decides(by: Actor):
    with pytest.raises(NotAllowed):
        approve(requested(), 1, project=project(), payee=payee(), by=by, at=AT)
    with pytest.raises(NotAllowed):
        decline(requested(), 1, "No.", project=project(), by=by, at=AT)


def test_nobody_decides_about_their_own_stipend_though_they_administer_the_project():
    mine = project(administrators=("ada", "mira"))
    with pytest.raises(OwnStipend):
        approve(requested(), 1, project=mine, payee=payee(), by=MIRA, at=AT)
    with pytest.raises(OwnStipend):
        decline(requested(), 1, "No.", project=mine, by=MIRA, at=AT)


def test_a_stranger_does_not_learn_of_a_hidden_project():
    with pytest.raises(ProjectUnknown):
        approve(requested(), 1, project=project(status="hidden"), payee=payee(), by=EVE, at=AT)


def test_nothing_is_approved_twice():
    approved = approve(requested(), 1, project=project(), payee=payee(), by=ADA, at=AT).state
    with pytest.raises(NotInThisState):
        approve(approved, 1, project=project(), payee=payee(), by=ADA, at=AT)


def test_what_was_not_asked_for_is_not_approved():
    with pytest.raises(NotInThisState):
        approve(eligible(), 1, project=project(), payee=payee(), by=ADA, at=AT)


def test_a_declined_installment_carries_the_reason_and_can_be_asked_for_again():
    change = decline(requested(), 1, "The report is missing.", project=project(), by=ADA, at=AT)
    assert isinstance(change.event, InstallmentDeclined)
    assert (change.event.number, change.event.reason) == (1, "The report is missing.")
    again = request(change.state, 1, payee=payee(), by=MIRA, at=AT).state
    assert again.installment(1).status == "requested"


LIMIT = dollars(1000)
BEA = Actor(ActorId("bea"))
TWO = project(administrators=("ada", "bea"))


def approved_once() -> Stipend:
    change = approve(requested(), 1, project=TWO, payee=payee(), limit=LIMIT, by=ADA, at=AT)
    assert isinstance(change.event, InstallmentPreapproved)
    return change.state


def test_over_the_limit_one_approval_is_not_enough():
    once = approved_once().installment(1)
    assert (once.status, once.approvers, once.attempt) == ("requested", ("ada",), 0)
    assert "second approver" in approved_once().told[0]["next"]
    exactly = approve(requested(), 1, project=TWO, payee=payee(), limit=dollars(2700), by=ADA, at=AT).state
    assert exactly.installment(1).status == "approved"


@pytest.mark.parametrize("by", [BEA, FAY])
def test_another_administrator_or_finance_gives_the_second_approval(by: Actor):
    change = second(approved_once(), 1, project=TWO, payee=payee(), by=by, at=AT)
    assert isinstance(change.event, InstallmentApproved)
    part = change.state.installment(1)
    assert (part.status, part.approvers, part.attempt) == ("approved", ("ada", by.id), 1)


def test_nobody_approves_twice_nor_their_own_nor_without_a_right():
    with pytest.raises(SameApprover):
        second(approved_once(), 1, project=TWO, payee=payee(), by=ADA, at=AT)
    with pytest.raises(SameApprover):
        second(approved_once(), 1, project=TWO, payee=payee(), by=Actor(ADA.id, frozenset({"finance"})), at=AT)
    with pytest.raises(OwnStipend):
        second(approved_once(), 1, project=TWO, payee=payee(), by=Actor(MIRA.id, frozenset({"finance"})), at=AT)
    for by in (MO, EVE, STEF):
        with pytest.raises(NotAllowed):
            second(approved_once(), 1, project=TWO, payee=payee(), by=by, at=AT)


def test_a_second_approval_follows_a_first_one_and_a_first_one_comes_once():
    with pytest.raises(NotInThisState):
        second(requested(), 1, project=TWO, payee=payee(), by=BEA, at=AT)
    with pytest.raises(NotInThisState):
        approve(approved_once(), 1, project=TWO, payee=payee(), limit=LIMIT, by=BEA, at=AT)
    with pytest.raises(NotInThisState):
        approve(eligible(), 1, project=TWO, payee=payee(), limit=LIMIT, by=BEA, at=AT)


def test_what_was_declined_and_asked_for_again_is_approved_by_two_again():
    declined = decline(approved_once(), 1, "No.", project=TWO, by=BEA, at=AT).state
    again = request(declined, 1, payee=payee(), by=MIRA, at=AT).state
    assert again.installment(1).approvers == ()
    with pytest.raises(NotInThisState):
        second(again, 1, project=TWO, payee=payee(), by=BEA, at=AT)


def test_a_hold_between_two_approvals_goes_back_to_between_them():
    held = hold(approved_once(), 1, "Why?", by=FAY, at=AT).state
    with pytest.raises(NotInThisState):
        second(held, 1, project=TWO, payee=payee(), by=BEA, at=AT)
    back = release(held, 1, by=FAY, at=AT).state
    assert second(back, 1, project=TWO, payee=payee(), by=BEA, at=AT).state.installment(1).status == "approved"


def test_nothing_goes_on_without_the_owners_word_on_where_to_pay():
    unconfirmed = payee(confirmed_at=None)
    with pytest.raises(PayeeUnconfirmed):
        request(eligible(), 1, payee=unconfirmed, by=MIRA, at=AT)
    with pytest.raises(PayeeUnconfirmed):
        approve(requested(), 1, project=project(), payee=unconfirmed, by=ADA, at=AT)


def test_a_payment_delayed_by_a_change_says_until_when():
    later = AT + timedelta(hours=72)
    waiting = approve(requested(), 1, project=project(), payee=payee(payable_from=later), by=ADA, at=AT).state
    assert "on 2026-03-04 at 00:00 UTC, not earlier, because the payee was changed" in waiting.told[0]["next"]


def approved() -> Stipend:
    return approve(requested(), 1, project=project(), payee=payee(), by=ADA, at=AT).state


@pytest.mark.parametrize("before", [eligible, requested, approved])
def test_finance_holds_with_a_reason_and_releases_to_where_it_was(before: Callable[[], Stipend]):
    held = hold(before(), 1, "The account looks odd.", by=FAY, at=AT)
    assert held.state.installment(1).status == "on_hold"
    assert isinstance(held.event, InstallmentHeld)
    assert (held.event.number, held.event.reason) == (1, "The account looks odd.")

    released = release(held.state, 1, by=FAY, at=AT)
    assert released.state.installment(1).status == before().installment(1).status
    assert released.state.installment(1).attempt == before().installment(1).attempt
    assert isinstance(released.event, InstallmentReleased)
    assert released.event.number == 1
    assert released.state.needed == held.state.needed == before().needed, "the money stays set aside"


def test_what_is_not_earned_or_already_on_hold_is_not_held_and_only_what_is_held_is_released():
    with pytest.raises(NotInThisState, match="scheduled cannot become on_hold"):
        hold(eligible(), 2, "Why?", by=FAY, at=AT)
    with pytest.raises(NotInThisState, match="on_hold cannot become on_hold"):
        hold(hold(eligible(), 1, "Why?", by=FAY, at=AT).state, 1, "Why?", by=FAY, at=AT)
    with pytest.raises(NotInThisState, match="eligible is not on hold"):
        release(eligible(), 1, by=FAY, at=AT)


def test_what_is_on_hold_does_not_go_on():
    held = hold(requested(), 1, "Why?", by=FAY, at=AT).state
    with pytest.raises(NotInThisState):
        approve(held, 1, project=project(), payee=payee(), by=ADA, at=AT)
    with pytest.raises(NotInThisState):
        decline(held, 1, "No.", project=project(), by=ADA, at=AT)


def test_a_hold_is_no_way_past_the_mentees_request():
    """Release goes back to where it was, never further."""
    held = hold(eligible(), 1, "Why?", by=FAY, at=AT).state
    with pytest.raises(NotInThisState):
        approve(release(held, 1, by=FAY, at=AT).state, 1, project=project(), payee=payee(), by=ADA, at=AT)


def test_finance_does_not_hold_or_release_its_own():
    mira = Actor(MIRA.id, frozenset({"finance"}))
    with pytest.raises(OwnStipend):
        hold(requested(), 1, "Why?", by=mira, at=AT)
    with pytest.raises(OwnStipend):
        release(hold(requested(), 1, "Why?", by=FAY, at=AT).state, 1, by=mira, at=AT)
