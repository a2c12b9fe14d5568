"""What falls due when, what money is missing for it, and what has stood still for too long."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from contracts.money import Money
from services.stipends.domain.forecast import forecast, totals
from services.stipends.domain.ledger import NOTHING, Account, Cause, book, refund
from services.stipends.domain.overdue import overdue, waits_since
from services.stipends.domain.statement import Movement, statement
from tests.unit.stipends.examples import AT, DAY, END, FAY, accepted, dollars, evaluated, scheduled, withdrawn
from tests.unit.stipends.test_any_order import Fact, histories
from tests.unit.stipends.world import PROJECT, World


def world(deposit: float = 10_000) -> World:
    lived = World()
    lived.deposit(dollars(deposit))
    for id, term in (("a-1", "t-1"), ("a-2", "t-2")):
        lived.hear(accepted(id=id, term_id=term))
    lived.hear(scheduled())
    return lived


def test_the_forecast_says_what_falls_due_in_which_month_and_what_hangs_on_no_plan():
    known = world()
    told = forecast(known.stipends.values(), known.budget, at=AT)
    assert [(one.month, one.installments, one.amount) for one in told.months] == [
        (END.replace(day=1), 1, dollars(2700)),
        (None, 3, dollars(8100)),
    ]


def test_what_is_earned_or_late_can_be_asked_for_today():
    known = world(20_000)
    known.hear(evaluated("midterm"))
    later = AT + timedelta(days=200)
    told = forecast(known.stipends.values(), known.budget, at=later)
    assert [(one.month, one.installments) for one in told.months] == [(date(2026, 9, 1), 2), (None, 2)]


def test_a_budget_that_does_not_reach_is_warned_of_by_term():
    known = world(deposit=6000)
    told = forecast(known.stipends.values(), known.budget, at=AT)
    assert (told.available, told.missing, told.shortfall) == (dollars(600), dollars(5400), dollars(4800))
    assert told.warnings == (
        "4,800.00 USD more must be deposited until every accepted stipend is reserved.",
        "The stipends of term t-2 come to 5,400.00 USD more than was reserved for them.",
    )
    enough = world(deposit=10_800)
    assert forecast(enough.stipends.values(), enough.budget, at=AT).warnings == ()


def test_paid_canceled_and_outstanding_make_up_what_was_committed():
    known = world(20_000)
    known.hear(evaluated("midterm"))
    known.hear(withdrawn(at=AT + 60 * DAY, term_id="t-1"))
    first, _ = totals(known.stipends.values())
    assert (first.term_id, first.stipends, first.committed) == ("t-1", 1, dollars(5400))
    assert (first.canceled, first.outstanding, first.paid) == (dollars(2700), dollars(2700), NOTHING)


@given(some.lists(histories(), max_size=3))
def test_the_totals_account_for_every_cent(told: list[list[Fact]]):
    known = World()
    for facts in told:
        for fact in facts:
            known.hear(fact)
    for one in totals(known.stipends.values()):
        assert one.paid + one.canceled + one.outstanding == one.committed


def test_a_refund_takes_only_what_nothing_is_reserved_of():
    known = world(deposit=6000)
    back = refund("r-1", PROJECT, dollars(600), reference="Bank 9", sponsor="Foundation", by=FAY, at=AT)
    after = book(known.budget, back).state
    assert (after.available, after.external_funding, back.sponsor) == (NOTHING, dollars(-5400), "Foundation")


def test_an_installment_that_nobody_moves_is_overdue_and_one_that_waits_for_its_evaluation_is_not():
    known = world(20_000)
    known.hear(evaluated("midterm"))
    stipend, patience = known.stipends["a-1"], timedelta(days=7)
    assert waits_since(known.stipends["a-2"]) is None
    assert waits_since(stipend) == AT
    assert overdue(stipend, patience, at=AT + patience - timedelta(seconds=1)) == []
    (late,) = overdue(stipend, patience, at=AT + patience)
    assert (late.number, late.status, late.since, late.amount) == (1, "eligible", AT, dollars(2700))


def test_a_statement_is_derived_from_its_movements():
    def moved(cause: Cause, account: Account, amount: Money) -> Movement:
        return Movement(cause=cause, account=account, amount=amount, postings=1)

    before = [
        moved(Cause.DEPOSIT, Account.EXTERNAL_FUNDING, dollars(-100)),
        moved(Cause.DEPOSIT, Account.AVAILABLE, dollars(100)),
    ]
    within = [
        moved(Cause.RESERVATION, Account.AVAILABLE, dollars(-40)),
        moved(Cause.RESERVATION, Account.RESERVED, dollars(40)),
    ]
    told = statement(before, within)
    assert (told.opening[Account.AVAILABLE], told.closing[Account.AVAILABLE]) == (dollars(100), dollars(60))
    assert (told.closing[Account.RESERVED], told.sum) == (dollars(40), NOTHING)
