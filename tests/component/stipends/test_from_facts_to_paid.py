"""From other services' events, in every order, to money at the provider's."""

import pytest

from contracts.stipends import (
    InstallmentApproved,
    InstallmentEarned,
    InstallmentPaid,
    InstallmentRequested,
    InstallmentSent,
    StipendCanceled,
    StipendExpected,
    StipendQueued,
    StipendReferred,
    StipendReserved,
    StipendWaived,
)
from tests.component.stipends.scene import Mentee, Scene, dollars, key
from tests.support.waiting import eventually

ORDERS = [
    ["applied", "prepared", "accepted", "midterm"],
    ["applied", "prepared", "midterm", "accepted"],
    ["applied", "midterm", "prepared", "accepted"],
    ["midterm", "applied", "prepared", "accepted"],
    ["applied", "accepted", "prepared", "midterm"],
    ["applied", "accepted", "midterm", "prepared"],
    ["midterm", "applied", "accepted", "prepared"],
]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
@pytest.mark.parametrize("funded", ["before", "after"])
async def test_in_whatever_order_facts_arrive_the_first_installment_is_earned(
    scene: Scene, order: list[str], funded: str
):
    project = await scene.project(deposit=10_000 if funded == "before" else 0)
    mentee = Mentee(project.id)
    for fact in order:
        events = mentee.passed("midterm") if fact == "midterm" else [getattr(mentee, fact)()]
        await scene.served.hears(*events)
    if funded == "after":
        assert (await scene.stipend(mentee))["status"] == "awaiting_funds"
        await scene.deposit(project.id, 10_000)

    stipend = await scene.stipend(mentee)
    assert (stipend["status"], stipend["amount"], stipend["schedule"]) == ("reserved", dollars(5400), "lfx-2022")
    assert [part["status"] for part in stipend["installments"]] == ["eligible", "scheduled"]
    assert await scene.budget(project.id) == {
        "external_funding": -10_000,
        "available": 4600,
        "reserved": 5400,
        "in_transit": 0,
        "paid": 0,
    }
    told = [type(event) for event in await scene.served.told(mentee.application)]
    assert (told[0], told[-2:]) == (StipendExpected, [StipendReserved, InstallmentEarned])
    assert (StipendQueued in told) is (funded == "after")


async def test_asked_for_approved_and_paid_by_the_provider(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)

    paid = await scene.becomes(mentee, "paid")

    assert paid["next"] == "Nothing more: this is done."
    assert [step["status"] for step in paid["steps"]] == ["eligible", "requested", "approved", "paying", "paid"]
    assert await scene.budget(project.id) == {
        "external_funding": -6000,
        "available": 600,
        "reserved": 2700,
        "in_transit": 0,
        "paid": 2700,
    }
    told = [type(event) for event in await scene.served.told(mentee.application)]
    assert told[-5:] == [
        InstallmentEarned,
        InstallmentRequested,
        InstallmentApproved,
        InstallmentSent,
        InstallmentPaid,
    ]
    assert [payment["status"] for payment in await scene.payments_of(mentee)] == ["paid"]


async def test_every_cent_of_the_balances_is_in_the_entries(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")

    pages = [(await project.mo.get(f"/v1/budgets/{project.id}/entries?limit=3")).json()]
    cursor = pages[0]["next_cursor"]
    pages.append((await project.mo.get(f"/v1/budgets/{project.id}/entries?limit=3&cursor={cursor}")).json())
    postings = [posting for page in pages for posting in page["items"]]

    assert pages[1]["next_cursor"] is None
    assert [(one["number"], one["cause"]) for one in postings] == [
        (4, "payment_made"),
        (3, "payment_sent"),
        (2, "reservation"),
        (1, "deposit"),
    ]
    sums: dict[str, int] = {}
    for posting in postings:
        assert sum(entry["amount"]["amount_minor"] for entry in posting["entries"]) == 0
        for entry in posting["entries"]:
            sums[entry["account"]] = sums.get(entry["account"], 0) + entry["amount"]["amount_minor"] // 100
    assert sums == {name: balance for name, balance in (await scene.budget(project.id)).items() if name in sums}


async def test_a_payment_that_failed_is_told_with_its_reason_and_ordered_again_by_finance(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project, "sandbox-failed")
    await scene.approved(project, mentee)
    failed = await scene.becomes(mentee, "failed")
    assert "The account is closed." in failed["where"]
    assert (await scene.budget(project.id))["reserved"] == 5400

    path = f"/v1/payments/{mentee.application}.1.1/retry"
    again = await scene.fay.post(path, headers=key())
    assert (again.status_code, again.json()["id"]) == (201, f"{mentee.application}.1.2")
    assert (await scene.fay.post(path, headers=key())).json()["type"] == "/problems/already-retried"
    await eventually(lambda: scene.payments_of(mentee, attempt=2), what="the second order")


async def test_a_project_without_a_policy_waives(scene: Scene):
    project = await scene.project(pays=False)
    mentee = Mentee(project.id)
    await scene.served.hears(*mentee.whole())
    stipend = await scene.stipend(mentee)
    assert (stipend["status"], stipend["amount"]) == ("unpaid", None)
    assert isinstance((await scene.served.told(mentee.application))[-1], StipendWaived)


async def test_a_country_without_an_amount_is_referred_to_staff(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = Mentee(project.id, country="CU")
    await scene.served.hears(*mentee.whole())
    stipend = await scene.stipend(mentee)
    assert (stipend["status"], stipend["amount"], stipend["installments"]) == ("undecided", None, [])
    assert isinstance((await scene.served.told(mentee.application))[-1], StipendReferred)


async def test_a_withdrawal_gives_the_money_to_the_next_who_waits(scene: Scene):
    project = await scene.project(deposit=6000)
    first, second = Mentee(project.id), Mentee(project.id)
    await scene.served.hears(*first.whole())
    await scene.served.hears(*second.whole())
    assert (await scene.stipend(second))["status"] == "awaiting_funds"

    await scene.served.hears(first.withdrawn())

    assert (await scene.stipend(first))["status"] == "canceled"
    assert (await scene.stipend(second))["status"] == "reserved"
    assert isinstance((await scene.served.told(first.application))[-1], StipendCanceled)
    assert (await scene.budget(project.id))["reserved"] == 5400


async def test_what_is_earned_is_paid_after_an_early_exit_and_the_rest_is_released(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.served.hears(mentee.withdrawn())
    assert (await scene.installment(mentee, 2))["status"] == "canceled"
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    assert await scene.budget(project.id) == {
        "external_funding": -6000,
        "available": 3300,
        "reserved": 0,
        "in_transit": 0,
        "paid": 2700,
    }


async def test_a_declined_installment_is_asked_for_again(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    path = f"/v1/stipends/{mentee.application}/installments/1"
    declined = await project.ada.post(f"{path}/decline", json={"reason": "The report is missing."})
    assert "The report is missing." in declined.json()["installments"][0]["where"]
    mira = await scene.served.caller(mentee.id)
    assert (await mira.post(f"{path}/request")).json()["installments"][0]["status"] == "requested"
