"""Every move of an installment is listed or refused, and each state can be told in words."""

import pytest

from contracts.stipends import InstallmentStatus
from services.chassis.domain import NotInThisState
from services.stipends.domain.installment import NEXT, Installment, in_words
from tests.unit.stipends.examples import ADA, AT, FAY, dollars


def installment(**changes: object) -> Installment:
    fields = {"number": 1, "milestone": "midterm", "percent": 50, "amount": dollars(2700)}
    return Installment.model_validate({**fields, **changes})


@pytest.mark.parametrize("before", InstallmentStatus)
@pytest.mark.parametrize("after", InstallmentStatus)
def test_every_move_is_either_listed_or_refused(before: InstallmentStatus, after: InstallmentStatus):
    subject = installment(status=before)
    if after in NEXT.get(before, ()):
        moved = subject.move(after, by=ADA, at=AT, reason="why")
        assert moved.status is after
        assert [(step.status, step.at, step.by, step.reason) for step in moved.steps] == [(after, AT, "ada", "why")]
    else:
        with pytest.raises(NotInThisState, match=f"that is {before} cannot become {after}"):
            subject.move(after, by=ADA, at=AT)


@pytest.mark.parametrize("before", InstallmentStatus)
def test_every_state_is_either_held_and_released_to_itself_or_not_held(before: InstallmentStatus):
    subject = installment(status="scheduled", steps=[{"status": before, "at": AT, "by": "ada"}])
    subject = subject.model_copy(update={"status": before})
    if before in {"eligible", "requested", "approved"}:
        held = subject.move(InstallmentStatus.ON_HOLD, by=FAY, at=AT, reason="why")
        assert held.held_from is before
        assert held.release(by=FAY, at=AT).status is before
    else:
        with pytest.raises(NotInThisState):
            subject.move(InstallmentStatus.ON_HOLD, by=FAY, at=AT)


@pytest.mark.parametrize("status", [status for status in InstallmentStatus if status != "on_hold"])
def test_only_what_is_on_hold_is_released(status: InstallmentStatus):
    with pytest.raises(NotInThisState, match=f"is {status} is not on hold"):
        installment(status=status).release(by=FAY, at=AT)


def test_nothing_but_release_leads_out_of_a_hold():
    assert InstallmentStatus.ON_HOLD not in NEXT


def test_what_is_paid_stays_paid_unless_the_money_comes_back():
    assert NEXT[InstallmentStatus.PAID] == {InstallmentStatus.RETURNED}


@pytest.mark.parametrize("status", InstallmentStatus)
@pytest.mark.parametrize("reserved", [True, False])
def test_every_state_is_told_in_words(status: InstallmentStatus, reserved: bool):
    words = in_words(installment(status=status), reserved=reserved)
    assert words.where.endswith(".")
    assert words.next.endswith(".")
    assert "{" not in words.where + words.next


def test_the_words_name_the_day_and_the_reason():
    declined = installment(status="requested").move(
        InstallmentStatus.DECLINED, by=ADA, at=AT, reason="The report is missing."
    )
    assert in_words(declined, reserved=True).model_dump() == {
        "where": "A project administrator declined it on 2026-03-01: The report is missing.",
        "next": "The mentee can ask again.",
    }


def test_a_failed_payment_that_was_ordered_again_says_so():
    failed = installment(status="paying", attempt=1).move(InstallmentStatus.FAILED, by=ADA, at=AT, reason="Closed.")
    assert "finance orders the payment again" in in_words(failed, reserved=True).next
    assert "was ordered again" in in_words(failed.model_copy(update={"attempt": 2}), reserved=True).next
