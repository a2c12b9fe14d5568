"""What a policy may say, and what a mentee is offered by it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts.stipends import PolicyKind, StipendPolicySet
from services.chassis.domain import Actor, NotAllowed
from services.stipends.domain.ledger import NotPayable
from services.stipends.domain.policy import (
    InstallmentsUneven,
    PolicyIncomplete,
    StipendPolicy,
    Terms,
    offer,
    set_policy,
)
from services.stipends.domain.project import ProjectUnknown
from tests.unit.stipends.examples import ADA, AT, DAY, EVE, FAY, MO, POLICY, SCHEDULES, STEF, dollars, project


def terms(**changes: Any) -> Terms:
    return Terms.model_validate({"kind": "by_country", "schedule": "lfx-2022", **changes})


def shares(*percentages: int) -> list[dict[str, Any]]:
    return [{"milestone": "final", "percent": percent} for percent in percentages]


def decided(said: Terms, by: Actor = ADA, **changes: Any):
    blank = StipendPolicy.model_validate({"id": "p-1", "version": 0})
    return set_policy(blank, said, project=project(**changes), schedules=SCHEDULES, by=by, at=AT)


def test_an_administrator_decides_how_the_project_pays():
    change = decided(terms())
    assert change.state.model_dump() == StipendPolicy(**dict(terms()), id="p-1", version=1, sequence=1).model_dump()
    assert change.event == StipendPolicySet(id="p-1", kind=PolicyKind.BY_COUNTRY, sequence=1, at=AT, by="ada")


def test_unless_said_otherwise_half_is_paid_after_the_midterm_and_half_after_the_final_evaluation():
    assert [(share.milestone.value, share.percent) for share in terms().installments] == [
        ("midterm", 50),
        ("final", 50),
    ]


@pytest.mark.parametrize("by", [MO, EVE, FAY, STEF])
def test_nobody_but_an_administrator_decides(by: Actor):
    with pytest.raises(NotAllowed):
        decided(terms(), by=by)


def test_a_stranger_does_not_learn_of_a_hidden_project():
    with pytest.raises(ProjectUnknown):
        decided(terms(), by=EVE, status="hidden")
    with pytest.raises(NotAllowed):
        decided(terms(), by=MO, status="hidden")


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "none"},
        {"kind": "none", "schedule": None, "amount": dollars(1)},
        {"kind": "fixed", "schedule": None},
        {"kind": "fixed", "amount": dollars(1)},
        {"kind": "fixed", "amount": dollars(1), "schedule": "lfx-2022"},
        {"kind": "by_country", "amount": dollars(1)},
        {"kind": "by_country", "schedule": "lfx-1999"},
    ],
)
def test_a_policy_names_what_its_kind_needs_and_nothing_else(said: dict[str, Any]):
    with pytest.raises(PolicyIncomplete):
        decided(terms(**said))


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "none", "schedule": None},
        {"kind": "fixed", "amount": dollars(3000), "schedule": None},
        {},
        {"schedule": None, "pro_rata": True},
    ],
)
def test_each_kind_can_be_decided(said: dict[str, Any]):
    assert decided(terms(**said)).state.kind == terms(**said).kind


@pytest.mark.parametrize("amount", [-1, 0, 10**12])
def test_a_fixed_amount_is_more_than_nothing_and_not_absurd(amount: int):
    with pytest.raises(NotPayable):
        decided(terms(kind="fixed", schedule=None, amount={"amount_minor": amount}))


def test_a_fixed_amount_is_in_dollars():
    with pytest.raises(NotPayable, match="not in EUR"):
        decided(terms(kind="fixed", schedule=None, amount={"amount_minor": 1000, "currency": "EUR"}))


@pytest.mark.parametrize("percentages", [(), (50, 49), (50, 51), (20, 20, 20, 20, 10, 5, 5)])
def test_installments_that_are_not_the_whole_are_refused(percentages: tuple[int, ...]):
    with pytest.raises(InstallmentsUneven):
        decided(terms(installments=shares(*percentages)))


@pytest.mark.parametrize("percentages", [(100,), (50, 50), (10, 10, 10, 10, 10, 50)])
def test_one_to_six_installments_make_up_the_whole(percentages: tuple[int, ...]):
    assert decided(terms(installments=shares(*percentages))).state.percentages == percentages


def test_no_installment_is_nothing():
    with pytest.raises(InstallmentsUneven, match="one would be nothing"):
        decided(terms(kind="fixed", schedule=None, amount=dollars(0.01)))


def test_by_country_the_schedule_says_the_amount_and_why():
    given_ = offer(POLICY, SCHEDULES, "DE", AT.date())
    assert (given_.amount, given_.schedule) == (dollars(5400), "lfx-2022")
    assert given_.explanation == "The schedule lfx-2022 has 5,400.00 USD for residents of Germany (DE)."


def test_a_country_without_a_row_is_for_staff_to_decide():
    given_ = offer(POLICY, SCHEDULES, "CU", AT.date())
    assert (given_.pays, given_.amount) == (True, None)
    assert "staff decide" in given_.explanation


def test_a_policy_that_names_no_schedule_follows_the_one_in_force_at_the_acceptance():
    lfx = SCHEDULES["lfx-2022"]
    newer = lfx.model_copy(update={"version": "next", "effective_from": AT.date() + DAY})
    follows = POLICY.model_copy(update={"schedule": None})
    days = {AT.date(): "lfx-2022", AT.date() + DAY: "next", date(2021, 12, 31): None}
    known = {**SCHEDULES, "next": newer}
    assert {on: offer(follows, known, "DE", on).schedule for on in days} == days
    assert "staff decide" in offer(follows, known, "DE", date(2021, 12, 31)).explanation
    assert offer(POLICY, known, "DE", AT.date() + DAY).schedule == "lfx-2022"


def test_fixed_is_the_same_for_everybody():
    fixed = StipendPolicy.model_validate({"id": "p-1", "kind": "fixed", "amount": dollars(2500)})
    assert {offer(fixed, SCHEDULES, country, AT.date()).amount for country in ("DE", "CU")} == {dollars(2500)}


@pytest.mark.parametrize("policy", [None, StipendPolicy.model_validate({"id": "p-1", "kind": "none"})])
def test_without_a_policy_nothing_is_paid(policy: StipendPolicy | None):
    assert not offer(policy, SCHEDULES, "DE", AT.date()).pays


@given(
    some.integers(1, 10**11),
    some.lists(some.integers(1, 95), min_size=0, max_size=5).filter(lambda parts: sum(parts) < 100),
)
def test_the_installments_sum_to_the_stipend_exactly(amount: int, parts: list[int]):
    percentages = (*parts, 100 - sum(parts))
    split = dollars(0).model_copy(update={"amount_minor": amount}).shares(percentages)
    assert sum(share.amount_minor for share in split) == amount
    assert all(
        abs(share.amount_minor * 100 - amount * percent) < 100
        for share, percent in zip(split[:-1], percentages, strict=False)
    )
