"""A payment walks where the provider's word leads, once, and the money walks with it."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.stipends import (
    InstallmentFailed,
    InstallmentPaid,
    InstallmentReturned,
    InstallmentSent,
    InstallmentStatus,
)
from services.chassis.domain import NotInThisState
from services.stipends.domain.claim import approve, request
from services.stipends.domain.ledger import Account
from services.stipends.domain.payee import PayeeUnconfirmed
from services.stipends.domain.payment import (
    LONGEST_PAUSE,
    LOOK_UP_AFTER,
    NEXT,
    WALKS,
    AlreadyRetried,
    AlreadySent,
    Payment,
    Report,
    ReportContradicts,
    advance,
    give_up,
    hold_back,
    keep_up,
    let_go,
    order,
    posting,
    postpone,
    retry,
    send,
)
from services.stipends.domain.stipend import Stipend
from tests.unit.stipends.examples import ADA, AT, FAY, MIRA, SYSTEM, dollars, payee, project
from tests.unit.stipends.test_claim import eligible

WORDS = ("processing", "paid", "failed", "refused", "returned")
STATES = ("approved", "paying", "paid", "failed", "returned")


def approved() -> Stipend:
    asked = request(eligible(), 1, payee=payee(), by=MIRA, at=AT).state
    return approve(asked, 1, project=project(), payee=payee(), by=ADA, at=AT).state


def payment(**changes: Any) -> Payment:
    made = order(approved(), 1, payee(), by=ADA, at=AT).state
    return Payment.model_validate({**dict(made), **changes})


def report(status: str, **changes: Any) -> Report:
    return Report.model_validate({"reference": "a-1.1.1", "status": status, "provider_id": "x", **changes})


def walked(stipend: Stipend, before: Payment, word: Report) -> tuple[Stipend, Payment, list[Any]]:
    events = []
    for status in before.walk(word):
        after = advance(before, status, word, at=AT).state
        change = keep_up(stipend, after, posting(before, after, by=SYSTEM, at=AT), by=SYSTEM, at=AT)
        stipend, before = change.state, after
        events.append(change.event)
    return stipend, before, events


def test_an_order_names_the_attempt_freezes_where_to_pay_and_is_due_at_once():
    made = payment()
    assert (made.id, made.amount, made.sealed, made.account) == ("a-1.1.1", dollars(2700), b"sealed", "••••paid")
    assert (made.status, made.due_at, made.ordered_by) == ("approved", AT, "ada")
    assert b"sealed" not in repr(made).encode()


def test_only_an_approved_installment_is_ordered():
    with pytest.raises(NotInThisState):
        order(eligible(), 1, payee(), by=ADA, at=AT)


@pytest.mark.parametrize("before", InstallmentStatus)
@pytest.mark.parametrize("after", InstallmentStatus)
def test_every_move_is_either_listed_or_refused(before: InstallmentStatus, after: InstallmentStatus):
    subject = payment(status=before)
    if after in NEXT.get(before, ()):
        assert subject.move(after).status is after
    else:
        with pytest.raises(NotInThisState):
            subject.move(after)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_provider_leads_somewhere_or_contradicts(before: str, word: str):
    subject = payment(status=before)
    if (before, word) in WALKS:
        end = subject
        for status in subject.walk(report(word)):
            end = advance(end, status, report(word), at=AT).state
        assert end.walk(report(word)) == (), "the same word again leads nowhere"
    else:
        with pytest.raises(ReportContradicts):
            subject.walk(report(word))


def test_what_ended_is_never_taken_back():
    for word in ("failed", "refused"):
        with pytest.raises(ReportContradicts):
            payment(status="paid").walk(report(word))
    for word in ("paid", "returned"):
        with pytest.raises(ReportContradicts):
            payment(status="failed").walk(report(word))


def test_money_that_comes_back_is_reserved_again_and_a_late_word_of_its_payment_changes_nothing():
    stipend, after, events = walked(approved(), payment(), report("returned", reason="Closed meanwhile."))
    assert (after.status, after.reason, stipend.reserved) == ("returned", "Closed meanwhile.", dollars(5400))
    assert [type(event) for event in events] == [InstallmentSent, InstallmentPaid, InstallmentReturned]
    assert isinstance(events[-1], InstallmentReturned)
    assert events[-1].reason == "Closed meanwhile."
    assert [step.reason for step in stipend.installment(1).steps][-2:] == [None, "Closed meanwhile."]
    for word in ("processing", "paid", "returned"):
        assert after.walk(report(word)) == ()


def test_what_came_back_is_ordered_again():
    stipend, returned, _ = walked(approved(), payment(), report("returned", reason="Closed."))
    again = retry(stipend, give_up(returned).state).state
    second = order(again, 1, payee(), by=FAY, at=AT).state
    stipend, after, _ = walked(again, second, report("paid", reference="a-1.1.2"))
    assert (after.status, stipend.installment(1).status, stipend.reserved) == ("paid", "paid", dollars(2700))


def test_nothing_is_ordered_to_a_payee_that_its_owner_did_not_confirm():
    with pytest.raises(PayeeUnconfirmed):
        order(approved(), 1, payee(confirmed_at=None), by=ADA, at=AT)


def test_a_payee_that_was_changed_is_paid_to_later_and_a_hold_is_no_way_around_that():
    later = AT + timedelta(hours=72)
    made = order(approved(), 1, payee(payable_from=later), by=ADA, at=AT).state
    assert (made.due_at, made.payable_from) == (later, later)
    assert let_go(hold_back(made).state, at=AT).state.due_at == later
    assert let_go(hold_back(made).state, at=later + timedelta(1)).state.due_at == later + timedelta(1)
    assert order(approved(), 1, payee(payable_from=AT), by=ADA, at=AT).state.due_at == AT


def test_another_payment_of_the_provider_is_not_this_one():
    with pytest.raises(ReportContradicts):
        payment(status="paying", provider_id="y").walk(report("paid"))


def test_the_money_goes_into_transit_when_the_provider_takes_the_order():
    stipend, after, events = walked(approved(), payment(), report("processing"))
    assert (after.status, after.provider_id, after.due_at) == ("paying", "x", AT + LOOK_UP_AFTER)
    assert (stipend.installment(1).status, stipend.reserved) == ("paying", dollars(2700))
    assert [type(event) for event in events] == [InstallmentSent]


def test_a_word_that_overtakes_the_storing_of_the_order_takes_both_steps():
    stipend, after, events = walked(approved(), payment(), report("paid"))
    assert (after.status, after.due_at, stipend.installment(1).status) == ("paid", None, "paid")
    assert [type(event) for event in events] == [InstallmentSent, InstallmentPaid]


def test_a_failed_payment_leaves_the_money_reserved():
    stipend, after, events = walked(approved(), payment(), report("failed", reason="The account is closed."))
    assert (after.status, stipend.installment(1).status, stipend.reserved) == ("failed", "failed", dollars(5400))
    assert isinstance(events[-1], InstallmentFailed)
    assert events[-1].reason == "The account is closed."


def test_an_order_that_the_provider_refused_moved_no_money():
    stipend, after, events = walked(approved(), payment(), report("refused", reason="Unknown account."))
    assert (after.status, stipend.reserved) == ("failed", dollars(5400))
    assert [type(event) for event in events] == [InstallmentFailed]
    assert posting(payment(), after, by=SYSTEM, at=AT) is None


@pytest.mark.parametrize(
    ("before", "to", "way"),
    [
        ("approved", "paying", (Account.RESERVED, Account.IN_TRANSIT)),
        ("paying", "paid", (Account.IN_TRANSIT, Account.PAID)),
        ("paying", "failed", (Account.IN_TRANSIT, Account.RESERVED)),
        ("paid", "returned", (Account.PAID, Account.RESERVED)),
    ],
)
def test_each_step_is_booked_under_an_id_of_its_own(before: str, to: str, way: tuple[Account, Account]):
    booked = posting(payment(status=before), payment(status=to), by=SYSTEM, at=AT)
    assert booked is not None
    assert (booked.id, booked.reference) == (f"a-1.1.1.{to}", "a-1.1.1")
    assert [(entry.account, entry.amount) for entry in booked.entries] == [
        (way[0], -dollars(2700)),
        (way[1], dollars(2700)),
    ]


def test_asking_in_vain_waits_longer_each_time_up_to_a_limit():
    subject, pauses = payment(), []
    for _ in range(12):
        subject = postpone(subject, at=AT).state
        assert subject.due_at
        pauses.append(subject.due_at - AT)
    assert pauses[:3] == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4)]
    assert pauses[-1] == LONGEST_PAUSE


def test_what_has_ended_is_not_asked_about_again():
    ended = payment(status="paid", due_at=None)
    assert postpone(ended, at=AT).state is ended


def test_a_failed_payment_is_followed_by_one_new_one():
    stipend, failed, _ = walked(approved(), payment(), report("failed", reason="Closed."))
    behind = give_up(failed).state
    assert behind.retried_as == "a-1.1.2"
    again = retry(stipend, behind).state
    assert order(again, 1, payee(), by=FAY, at=AT).state.id == "a-1.1.2"
    with pytest.raises(AlreadyRetried):
        give_up(behind)
    with pytest.raises(NotInThisState):
        retry(again, behind)


@pytest.mark.parametrize("status", ["approved", "paying", "paid"])
def test_only_a_failed_payment_is_retried(status: str):
    with pytest.raises(NotInThisState):
        give_up(payment(status=status))


def test_an_installment_no_longer_follows_the_payment_that_was_left_behind():
    stipend, failed, _ = walked(approved(), payment(), report("failed", reason="Closed."))
    again = retry(stipend, failed).state
    with pytest.raises(NotInThisState, match="at payment 2, not at 1"):
        keep_up(again, payment(status="paying"), None, by=SYSTEM, at=AT)


def test_a_retried_payment_is_paid_like_any_other():
    stipend, failed, _ = walked(approved(), payment(), report("failed", reason="Closed."))
    again = retry(stipend, failed).state
    second = order(again, 1, payee(), by=FAY, at=AT).state
    stipend, after, events = walked(again, second, report("paid", reference="a-1.1.2"))
    assert (after.status, stipend.installment(1).status, stipend.reserved) == ("paid", "paid", dollars(2700))
    assert [type(event) for event in events] == [InstallmentSent, InstallmentPaid]


def test_an_order_is_held_back_until_the_provider_may_have_been_asked():
    held = hold_back(payment()).state
    assert (held.status, held.due_at) == ("approved", None)
    with pytest.raises(NotInThisState, match="nobody is to be asked"):
        send(held)
    assert send(let_go(held, at=AT).state).state.sending
    with pytest.raises(AlreadySent):
        hold_back(send(payment()).state)


@pytest.mark.parametrize("status", [status for status in InstallmentStatus if status != "approved"])
def test_what_is_no_longer_approved_is_not_held_back(status: InstallmentStatus):
    with pytest.raises(AlreadySent):
        hold_back(payment(status=status))


def test_an_order_is_sent_again_under_the_same_version():
    once = send(payment()).state
    assert send(once).state == once
