"""A stipend is made of facts that arrive in any order."""

from itertools import permutations

import pytest

from contracts.applications import ApplicationStatus
from contracts.ids import TermId
from contracts.stipends import (
    InstallmentEarned,
    StipendAdjusted,
    StipendCanceled,
    StipendExpected,
    StipendQueued,
    StipendReferred,
    StipendReserved,
    StipendStatus,
    StipendWaived,
)
from services.chassis.domain import Actor, Change
from services.stipends.domain.facts import Hear, follow, hear_application, hear_evaluation
from services.stipends.domain.ledger import NOTHING, Account, Cause
from services.stipends.domain.project import KnownTerm
from services.stipends.domain.stipend import InstallmentUnknown, Means, Stipend, earn, posting, settle
from tests.unit.stipends.examples import (
    ADA,
    AT,
    DAY,
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
    prepared,
    project,
    withdrawn,
)

POOR, UNPAID = means(0), means(pays=False, amount=None)
NO_ROW = means(amount=None)


def heard(stipend: Stipend, hear: Hear, given: Means | None = None) -> Change[Stipend]:
    return follow(stipend, hear, given or means(), by=SYSTEM, at=AT)


def reserved(**changes: object) -> Stipend:
    made = heard(blank(), hear_application(accepted())).state
    return made.model_copy(update=changes)


def queued() -> Stipend:
    return heard(blank(), hear_application(accepted()), POOR).state


def test_prerequisites_alone_make_a_stipend_expected():
    change = heard(blank(), hear_application(prepared()))
    assert (change.state.status, change.state.version, change.state.amount) == (StipendStatus.EXPECTED, 1, None)
    assert isinstance(change.event, StipendExpected)


def test_acceptance_alone_makes_a_stipend_expected():
    change = heard(blank(), hear_application(accepted(prerequisites_completed_at=None)))
    assert change.state.status is StipendStatus.EXPECTED


@pytest.mark.parametrize(
    "facts",
    list(permutations([prepared(), accepted()])),
)
def test_with_both_the_amount_is_frozen_and_reserved_as_a_whole(facts):
    stipend = blank()
    for fact in facts:
        stipend = heard(stipend, hear_application(fact)).state
    assert (stipend.status, stipend.amount, stipend.reserved) == (
        StipendStatus.RESERVED,
        dollars(5400),
        dollars(5400),
    )
    assert (stipend.schedule, stipend.explanation) == (
        "lfx-2022",
        "The schedule lfx-2022 has 5,400.00 USD for residents of Germany (DE).",
    )
    assert [(part.number, part.amount) for part in stipend.installments] == [(1, dollars(2700)), (2, dollars(2700))]


def test_the_reservation_is_told_with_the_whole_picture():
    event = heard(blank(), hear_application(accepted())).event
    assert isinstance(event, StipendReserved)
    assert (event.id, event.project_id, event.mentee_id, event.amount) == ("a-1", "p-1", "mira", dollars(5400))
    assert [(part.number, part.milestone, part.status) for part in event.installments] == [
        (1, "midterm", "scheduled"),
        (2, "final", "scheduled"),
    ]


def test_an_application_that_is_neither_accepted_nor_prepared_is_of_no_interest():
    nothing = prepared(prerequisites_completed_at=None)
    assert hear_application(nothing)(blank()) == blank()


def test_a_fact_told_again_or_an_older_one_changes_nothing():
    stipend = reserved()
    assert hear_application(accepted())(stipend) is stipend
    assert hear_application(prepared())(stipend) is stipend


def test_the_frozen_amount_stays_whatever_the_offer_is_later():
    later = accepted(sequence=4, country="US")
    stipend = heard(reserved(), hear_application(later), means(amount=dollars(1))).state
    assert (stipend.amount, stipend.reserved) == (dollars(5400), dollars(5400))


def test_without_enough_it_waits_for_money_and_says_so_once():
    change = heard(blank(), hear_application(accepted()), POOR)
    assert (change.state.status, change.state.reserved) == (StipendStatus.AWAITING_FUNDS, NOTHING)
    assert isinstance(change.event, StipendQueued)
    assert settle(change.state, means(5399.99), by=SYSTEM, at=AT).event is None


def test_it_is_reserved_as_soon_as_the_money_is_there():
    change = settle(queued(), means(5400), by=SYSTEM, at=AT)
    assert (change.state.status, change.state.reserved) == (StipendStatus.RESERVED, dollars(5400))
    assert isinstance(change.event, StipendReserved)


def test_a_project_that_does_not_pay_says_so_on_acceptance_and_stays_with_it():
    change = heard(blank(), hear_application(accepted(prerequisites_completed_at=None)), UNPAID)
    assert change.state.status is StipendStatus.UNPAID
    assert isinstance(change.event, StipendWaived)
    later = heard(change.state, hear_application(accepted(sequence=4)), means())
    assert (later.state.status, later.state.amount, later.event) == (StipendStatus.UNPAID, None, None)


def test_prerequisites_without_acceptance_waive_nothing():
    assert heard(blank(), hear_application(prepared()), UNPAID).state.status is StipendStatus.EXPECTED


def test_a_country_without_a_row_is_referred_to_staff():
    change = heard(blank(), hear_application(accepted()), NO_ROW)
    assert (change.state.status, change.state.installments) == (StipendStatus.UNDECIDED, ())
    assert isinstance(change.event, StipendReferred)


def test_a_satisfactory_evaluation_makes_its_installment_eligible():
    noted = heard(reserved(), hear_evaluation(evaluated("midterm")))
    assert (noted.event, noted.state.earned) == (None, (1,))
    change = earn(noted.state, 1, by=SYSTEM, at=AT)
    assert [part.status for part in change.state.installments] == ["eligible", "scheduled"]
    assert isinstance(change.event, InstallmentEarned)
    assert change.event.number == 1
    assert change.state.earned == ()


def test_an_unsatisfactory_evaluation_earns_nothing():
    assert hear_evaluation(evaluated("midterm", verdict="unsatisfactory"))(reserved()) == reserved()


def test_an_evaluation_heard_before_the_reservation_counts_after_it():
    first = heard(blank(), hear_evaluation(evaluated("midterm"))).state
    assert (first.status, first.project_id, first.earned) == (StipendStatus.EXPECTED, None, ())
    waiting = heard(first, hear_application(accepted()), POOR).state
    assert (waiting.status, waiting.earned) == (StipendStatus.AWAITING_FUNDS, ())
    assert settle(waiting, means(), by=SYSTEM, at=AT).state.earned == (1,)


def test_withdrawal_before_anything_is_earned_cancels_all_and_releases_the_money():
    change = heard(reserved(), hear_application(withdrawn()))
    assert (change.state.status, change.state.reserved) == (StipendStatus.CANCELED, NOTHING)
    assert [part.status for part in change.state.installments] == ["canceled", "canceled"]
    assert isinstance(change.event, StipendCanceled)


def test_withdrawal_while_waiting_for_money_cancels():
    assert heard(queued(), hear_application(withdrawn()), POOR).state.status is StipendStatus.CANCELED


def test_withdrawal_before_there_is_an_amount_cancels():
    expected = heard(blank(), hear_application(prepared())).state
    gone = withdrawn(status="declined", accepted_at=None, attendance=None)
    change = heard(expected, hear_application(gone))
    assert (change.state.status, change.state.amount) == (StipendStatus.CANCELED, None)
    assert isinstance(change.event, StipendCanceled)


def test_what_is_earned_stays_payable_after_an_early_exit_and_the_rest_goes_back():
    earned = earn(heard(reserved(), hear_evaluation(evaluated("midterm"))).state, 1, by=SYSTEM, at=AT).state
    change = heard(earned, hear_application(withdrawn()))
    assert [part.status for part in change.state.installments] == ["eligible", "canceled"]
    assert (change.state.status, change.state.reserved) == (StipendStatus.RESERVED, dollars(2700))
    assert isinstance(change.event, StipendAdjusted)


def test_an_evaluation_from_before_the_exit_counts_though_heard_after_it():
    gone = heard(reserved(), hear_application(withdrawn(9))).state
    change = heard(gone, hear_evaluation(evaluated("midterm", day=5)))
    assert (change.state.status, change.state.reserved) == (StipendStatus.RESERVED, dollars(2700))
    assert change.state.earned == (1,)
    assert isinstance(change.event, StipendReserved)


def test_an_evaluation_from_before_the_exit_waits_when_the_money_is_gone_meanwhile():
    gone = heard(reserved(), hear_application(withdrawn(9))).state
    change = heard(gone, hear_evaluation(evaluated("midterm", day=5)), POOR)
    assert (change.state.status, change.state.earned) == (StipendStatus.AWAITING_FUNDS, ())


def test_an_evaluation_after_the_exit_earns_nothing():
    gone = heard(reserved(), hear_application(withdrawn(9))).state
    assert heard(gone, hear_evaluation(evaluated("midterm", day=10))).state.status is StipendStatus.CANCELED


def test_a_withdrawal_that_was_undone_opens_everything_again():
    gone = heard(reserved(), hear_application(withdrawn(9))).state
    change = heard(gone, hear_application(accepted(sequence=10)))
    assert (change.state.status, change.state.reserved) == (StipendStatus.RESERVED, dollars(5400))
    assert [part.status for part in change.state.installments] == ["scheduled", "scheduled"]


@pytest.mark.parametrize(
    ("before", "after", "cause", "way"),
    [
        (NOTHING, dollars(5400), Cause.RESERVATION, (Account.AVAILABLE, Account.RESERVED)),
        (dollars(8000), dollars(5400), Cause.RELEASE, (Account.RESERVED, Account.AVAILABLE)),
    ],
)
def test_the_budget_follows_by_the_difference(before, after, cause, way):
    booked = posting(before, reserved(reserved=after), by=SYSTEM, at=AT)
    assert booked is not None
    moved = [(entry.account, entry.amount.amount_minor) for entry in booked.entries]
    difference = abs(after.amount_minor - before.amount_minor)
    assert (booked.id, booked.cause) == (f"a-1.{cause}.1", cause)
    assert moved == [(way[0], -difference), (way[1], difference)]


def test_where_nothing_changed_nothing_is_booked():
    assert posting(dollars(5400), reserved(), by=SYSTEM, at=AT) is None


def test_the_earlier_acceptance_goes_first():
    early, late = reserved(id="b-1"), heard(blank(), hear_application(accepted(accepted_at=AT + 5 * DAY))).state
    assert early.goes_before(None)
    assert early.goes_before(late)
    assert early.goes_before(early)
    assert not late.goes_before(early)
    assert not blank().goes_before(late)


def test_two_accepted_in_one_instant_have_an_order_too():
    one, other = reserved(id="a-1"), reserved(id="a-2")
    assert (one.goes_before(other), other.goes_before(one)) == (True, False)


@pytest.mark.parametrize(
    ("reader", "sees"), [(MIRA, True), (ADA, True), (FAY, True), (MO, False), (STEF, False), (EVE, False)]
)
def test_who_sees_a_stipend(reader, sees):
    assert reserved().is_seen_by(reader, project(), held_back=False) is sees


def test_of_a_project_not_heard_of_only_the_mentee_and_finance_see_it():
    seen = [who.id for who in (MIRA, ADA, FAY, EVE) if reserved().is_seen_by(who, None, held_back=False)]
    assert seen == ["mira", "fay"]


def test_nobody_sees_a_stipend_whose_mentee_is_not_known_yet_but_finance():
    assert [who.id for who in (MIRA, ADA, FAY) if blank().is_seen_by(who, None, held_back=False)] == ["fay"]


def test_what_is_held_back_its_mentee_alone_does_not_see_whatever_else_they_are():
    rich = Actor(MIRA.id, frozenset({"finance", "staff"}))
    assert not reserved().is_seen_by(MIRA, project(), held_back=True)
    assert not reserved().is_seen_by(rich, project(administrators=(MIRA.id,)), held_back=True)
    assert reserved().is_seen_by(ADA, project(), held_back=True)
    assert reserved().is_seen_by(FAY, project(), held_back=True)


@pytest.mark.parametrize(("results_at", "held_back"), [(None, False), (AT, False), (AT + DAY, True), (AT - DAY, False)])
def test_it_is_held_back_until_the_term_announces_its_results(results_at, held_back):
    term = KnownTerm(id=TermId("t-1"), name="Spring", results_at=results_at)
    assert reserved().is_held_back(term, AT) is held_back
    assert not reserved().is_held_back(None, AT)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_who_has_begun_knows_before_that(status):
    told = heard(blank(), hear_application(accepted(status=status))).state
    term = KnownTerm(id=TermId("t-1"), name="Spring", results_at=AT + DAY)
    assert told.is_held_back(term, AT) is (status not in {"active", "graduated", "failed"})


def test_there_are_as_many_installments_as_there_are():
    with pytest.raises(InstallmentUnknown, match="no installment 3; it has 2"):
        reserved().installment(3)


def test_the_mentee_is_told_where_each_installment_is():
    told = [(part["where"], part["next"]) for part in queued().told]
    assert told[0] == (
        "The project's budget does not hold the money for it yet.",
        "It is set aside as soon as enough is deposited.",
    )
    told = [(part["where"], part["next"]) for part in reserved().told]
    assert told[0] == (
        "The money is set aside.",
        "After a satisfactory midterm evaluation the mentee can ask for it.",
    )
