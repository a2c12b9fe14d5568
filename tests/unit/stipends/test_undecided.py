"""Staff, and nobody else, give an amount where the schedule has none."""

import pytest

from contracts.money import Money
from contracts.stipends import StipendQueued, StipendReserved, StipendStatus
from services.chassis.domain import Actor, NotInThisState
from services.stipends.domain.claim import OwnStipend
from services.stipends.domain.facts import follow, hear_application, hear_evaluation
from services.stipends.domain.ledger import LARGEST, NOTHING, NotPayable
from services.stipends.domain.policy import offer
from services.stipends.domain.stipend import Means, Stipend
from services.stipends.domain.undecided import NothingToDecide, decide
from tests.unit.stipends.examples import (
    AT,
    MIRA,
    POLICY,
    SCHEDULES,
    STEF,
    SYSTEM,
    accepted,
    blank,
    dollars,
    evaluated,
)

WHY = "As in the country next door."


def means(free: float = 10_000) -> Means:
    return Means(offer=offer(POLICY, SCHEDULES, "CU", AT.date()), free=dollars(free))


def undecided() -> Stipend:
    made = follow(blank(), hear_application(accepted(country="CU")), means(), by=SYSTEM, at=AT).state
    assert made.status is StipendStatus.UNDECIDED
    return made


def test_what_staff_decided_is_reserved_in_the_policys_installments():
    change = decide(undecided(), dollars(3000.01), WHY, means=means(), by=STEF, at=AT)
    made = change.state
    assert (made.status, made.amount, made.explanation) == (StipendStatus.RESERVED, dollars(3000.01), WHY)
    assert [part.amount for part in made.installments] == [dollars(1500), dollars(1500.01)]
    assert (made.reserved, made.schedule) == (dollars(3000.01), "lfx-2022")
    assert isinstance(change.event, StipendReserved)
    assert change.event.by == "stef"


def test_without_the_money_it_waits():
    change = decide(undecided(), dollars(3000), WHY, means=means(free=2999.99), by=STEF, at=AT)
    assert (change.state.status, change.state.reserved) == (StipendStatus.AWAITING_FUNDS, NOTHING)
    assert isinstance(change.event, StipendQueued)


def test_what_was_heard_before_is_earned_by_the_decision():
    passed = follow(undecided(), hear_evaluation(evaluated("midterm")), means(), by=SYSTEM, at=AT).state
    assert decide(passed, dollars(3000), WHY, means=means(), by=STEF, at=AT).state.earned == (1,)


def test_later_facts_leave_the_decided_amount():
    decided = decide(undecided(), dollars(3000), WHY, means=means(), by=STEF, at=AT).state
    heard = follow(decided, hear_application(accepted(4, country="DE")), means(), by=SYSTEM, at=AT).state
    assert (heard.amount, heard.explanation, heard.status) == (dollars(3000), WHY, StipendStatus.RESERVED)


@pytest.mark.parametrize("status", [status for status in StipendStatus if status is not StipendStatus.UNDECIDED])
def test_only_the_undecided_is_decided(status: StipendStatus):
    with pytest.raises(NotInThisState, match=f"that is {status}"):
        decide(undecided().model_copy(update={"status": status}), dollars(1), WHY, means=means(), by=STEF, at=AT)


def test_staff_do_not_decide_their_own():
    with pytest.raises(OwnStipend):
        decide(undecided(), dollars(1), WHY, means=means(), by=Actor(MIRA.id, STEF.roles), at=AT)


@pytest.mark.parametrize("amount", [NOTHING, dollars(-1), LARGEST, Money(amount_minor=5, currency="EUR")])
def test_what_cannot_be_paid_is_not_decided(amount: Money):
    with pytest.raises(NotPayable):
        decide(undecided(), amount, WHY, means=means(), by=STEF, at=AT)


def test_a_project_that_pays_none_any_more_gives_staff_nothing_to_decide():
    with pytest.raises(NothingToDecide):
        decide(undecided(), dollars(1), WHY, means=Means(offer=offer(None, SCHEDULES, "CU", AT.date())), by=STEF, at=AT)


def test_staff_see_what_they_are_to_decide_and_nothing_else():
    assert undecided().is_seen_by(STEF, None, held_back=False)
    decided = decide(undecided(), dollars(1), WHY, means=means(), by=STEF, at=AT).state
    assert not decided.is_seen_by(STEF, None, held_back=False)
