"""Every hostile payee of the sandbox ends in the right state, with one payment, whatever the bank does meanwhile."""

import httpx
import pytest

from contracts.event import Event
from contracts.stipends import InstallmentFailed, InstallmentPaid, InstallmentReturned, InstallmentSent
from tests.component.stipends.scene import Mentee, Project, Scene, at_once, key
from tests.support.waiting import eventually

ENDS = {
    "sandbox-paid": "paid",
    "sandbox-failed": "failed",
    "sandbox-slow": "paid",
    "sandbox-lost-answer": "paid",
    "sandbox-returned": "returned",
    "sandbox-duplicate": "paid",
}
TOLD: dict[str, list[type[Event]]] = {
    "paid": [InstallmentSent, InstallmentPaid],
    "failed": [InstallmentSent, InstallmentFailed],
    "returned": [InstallmentSent, InstallmentPaid, InstallmentReturned],
}
KEPT = {
    "paid": {"available": 600, "reserved": 2700, "in_transit": 0, "paid": 2700},
    "failed": {"available": 600, "reserved": 5400, "in_transit": 0, "paid": 0},
    "returned": {"available": 600, "reserved": 5400, "in_transit": 0, "paid": 0},
}


async def approved(scene: Scene, account: str) -> tuple[Project, Mentee]:
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project, account)
    await scene.approved(project, mentee)
    return project, mentee


async def told_all(scene: Scene, mentee: Mentee, words: int) -> None:
    async def look() -> bool:
        heard = [body for body, _ in scene.gate.passed if mentee.application.encode() in body]
        return len(heard) >= words

    await eventually(look, what="the bank's last word")


@pytest.mark.parametrize("account", ENDS)
async def test_it_ends_in_the_right_state_with_one_payment(scene: Scene, account: str):
    end = ENDS[account]
    project, mentee = await approved(scene, account)
    await scene.becomes(mentee, end)
    await told_all(scene, mentee, {"sandbox-duplicate": 3, "sandbox-returned": 2}.get(account, 1))

    assert (await scene.installment(mentee))["status"] == end
    assert [one["status"] for one in await scene.payments_of(mentee)] == [end]
    assert await scene.budget(project.id) == {"external_funding": -6000, **KEPT[end]}
    told = [type(event) for event in await scene.served.told(mentee.application)]
    expected = TOLD[end]
    assert told[-len(expected) :] == expected


async def test_a_lost_answer_is_looked_up_though_no_callback_comes_either(scene: Scene):
    scene.gate.open = False
    try:
        _, mentee = await approved(scene, "sandbox-lost-answer")
        await scene.becomes(mentee, "paid")
    finally:
        scene.gate.open = True
    assert len(await scene.payments_of(mentee)) == 1


@pytest.mark.parametrize("verb", ["hold", "retry"])
async def test_a_slow_bank_is_neither_held_nor_asked_twice(scene: Scene, verb: str):
    _, mentee = await approved(scene, "sandbox-slow")

    async def paying() -> bool:
        return "paying" in {step["status"] for step in (await scene.installment(mentee))["steps"]}

    await eventually(paying, what="the order")
    path = f"/v1/stipends/{mentee.application}/installments/1/hold"
    path = path if verb == "hold" else f"/v1/payments/{mentee.application}.1.1/retry"
    body = {"reason": "Why so slow?"} if verb == "hold" else None
    assert (await scene.fay.post(path, json=body, headers=key())).status_code == 409
    await scene.becomes(mentee, "paid")
    assert len(await scene.payments_of(mentee)) == 1


async def test_what_came_back_is_ordered_again_by_finance_once(scene: Scene):
    _, mentee = await approved(scene, "sandbox-returned")
    returned = await scene.becomes(mentee, "returned")
    assert "The account was closed meanwhile." in returned["where"]
    path = f"/v1/payments/{mentee.application}.1.1/retry"
    answers: list[httpx.Response] = await at_once(*(scene.fay.post(path, headers=key()) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    await eventually(lambda: scene.payments_of(mentee, attempt=2), what="the second order")
    assert len(await scene.payments_of(mentee, attempt=2)) == 1


async def test_an_amount_over_the_limit_waits_for_a_second_approver(scene: Scene):
    project = await scene.project(pays=False, deposit=20_000)
    said = {"kind": "fixed", "amount": {"amount_minor": 1_200_000, "currency": "USD"}}
    assert (await project.ada.put(f"/v1/stipend-policies/{project.id}", json=said)).status_code == 200
    mentee = await scene.requested(project)
    path = f"/v1/stipends/{mentee.application}/installments/1"
    first = await at_once(*(project.ada.post(f"{path}/approve", headers=key()) for _ in range(5)))
    assert sorted(answer.status_code for answer in first) == [200, 409, 409, 409, 409]
    assert "second approver" in (await scene.installment(mentee))["next"]
    assert await scene.payments_of(mentee) == []

    same = await project.ada.post(f"{path}/second", headers=key())
    assert (same.status_code, same.json()["type"]) == (403, "/problems/same-approver")
    mira = await scene.served.caller(mentee.id, "finance")
    assert (await mira.post(f"{path}/second", headers=key())).json()["type"] == "/problems/own-stipend"
    assert (await project.mo.post(f"{path}/second", headers=key())).status_code == 404
    second = await at_once(*(scene.fay.post(f"{path}/second", headers=key()) for _ in range(5)))
    assert sorted(answer.status_code for answer in second) == [200, 409, 409, 409, 409]
    await scene.becomes(mentee, "paid")
    assert len(await scene.payments_of(mentee)) == 1
    assert (await scene.budget(project.id))["paid"] == 6000


async def test_a_provider_whose_books_agree_shows_no_difference_and_every_other_is_told(scene: Scene):
    project, mentee = await approved(scene, "sandbox-paid")
    await scene.becomes(mentee, "paid")
    mine, strange = f"{mentee.application}.1.1", f"strange-{mentee.application}"
    assert mine not in {one["reference"] for one in await differences(scene)}

    await scene.pay_by_hand(strange)
    await scene.pay_by_hand(mine)
    found = {one["reference"]: one["words"] for one in await differences(scene)}
    assert found[strange] == "The provider has 1.00 USD paid; the ledger has nothing of it."
    assert found[mine].startswith("The provider has 2 payments under this reference: ")
    assert (await scene.budget(project.id))["paid"] == 2700, "and nothing was corrected"


async def differences(scene: Scene) -> list[dict[str, str]]:
    answer = await scene.fay.get(f"/v1/payments/differences?since={scene.clock():%Y-%m-%d}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])
