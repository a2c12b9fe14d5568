"""What finance holds is not paid until it is released, whatever else happens."""

from collections.abc import AsyncIterator

import httpx
import pytest

from contracts.stipends import InstallmentApproved, InstallmentHeld, InstallmentReleased
from deploy.local.platform import Platform
from services.chassis.service import Role
from services.stipends.cashier import Cashier
from services.stipends.domain.payment import Report
from services.stipends.provider import Order
from tests.component.stipends.scene import Mentee, Project, Scene, at_once, key, playing, somebody

WHY = {"reason": "The account looks odd."}


@pytest.fixture(scope="module")
async def idle(platform: Platform) -> AsyncIterator[Scene]:
    """A service that asks nobody: the tests are its cashier."""
    async with playing(platform, role=Role.API) as scene:
        yield scene


class Bank:
    """A provider that takes every order."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def pay(self, order: Order) -> Report:
        self.asked.append(order.reference)
        return Report(reference=order.reference, status="processing", provider_id="x")

    async def look_up(self, _: str) -> Report | None:
        return None


async def hold(scene: Scene, mentee: Mentee) -> httpx.Response:
    path = f"/v1/stipends/{mentee.application}/installments/1/hold"
    return await scene.fay.post(path, json=WHY, headers=key())


async def release(scene: Scene, mentee: Mentee) -> httpx.Response:
    return await scene.fay.post(f"/v1/stipends/{mentee.application}/installments/1/release", headers=key())


async def approved(idle: Scene) -> tuple[Project, Mentee]:
    project = await idle.project(deposit=6000)
    mentee = await idle.requested(project)
    await idle.approved(project, mentee)
    return project, mentee


async def test_what_is_asked_for_is_held_and_goes_on_after_its_release(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)

    held = (await hold(scene, mentee)).json()["installments"][0]
    assert (held["status"], WHY["reason"] in held["where"]) == ("on_hold", True)
    path = f"/v1/stipends/{mentee.application}/installments/1"
    refused = await project.ada.post(f"{path}/approve", headers=key())
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-in-this-state")
    assert (await hold(scene, mentee)).status_code == 409

    assert (await release(scene, mentee)).json()["installments"][0]["status"] == "requested"
    assert (await release(scene, mentee)).status_code == 409
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    told = [type(event) for event in await scene.served.told(mentee.application)]
    place = told.index(InstallmentHeld)
    assert told[place : place + 3] == [InstallmentHeld, InstallmentReleased, InstallmentApproved]


async def test_what_is_approved_and_held_is_never_sent_until_released(idle: Scene):
    project, mentee = await approved(idle)
    bank = Bank()
    cashier = Cashier(idle.store, bank, idle.clock)
    assert (await hold(idle, mentee)).status_code == 200
    await cashier.work()
    assert bank.asked == []
    assert (await idle.budget(project.id))["reserved"] == 5400

    assert (await release(idle, mentee)).json()["installments"][0]["status"] == "approved"
    await cashier.work()
    assert bank.asked == [f"{mentee.application}.1.1"]
    assert (await idle.installment(mentee))["status"] == "paying"
    assert (await idle.budget(project.id))["in_transit"] == 2700


async def test_what_is_held_after_the_cashier_saw_it_is_not_sent(idle: Scene, monkeypatch: pytest.MonkeyPatch):
    _, mentee = await approved(idle)
    bank, due = Bank(), await idle.store.payments.due(idle.clock(), limit=100)
    assert [payment.stipend_id for payment in due] == [mentee.application]
    assert (await hold(idle, mentee)).status_code == 200

    async def seen_before(*_: object, **__: object) -> list[object]:
        return list(due)

    monkeypatch.setattr(idle.store.payments, "due", seen_before)
    await Cashier(idle.store, bank, idle.clock).work()
    assert bank.asked == []
    assert (await idle.installment(mentee))["status"] == "on_hold"


async def test_what_may_be_with_the_provider_is_not_held(idle: Scene):
    _, mentee = await approved(idle)
    answers: list[httpx.Response] = []

    class HeldMeanwhile(Bank):
        async def pay(self, order: Order) -> Report:
            answers.append(await hold(idle, mentee))
            return await super().pay(order)

    await Cashier(idle.store, HeldMeanwhile(), idle.clock).work()
    assert (answers[0].status_code, answers[0].json()["type"]) == (409, "/problems/already-sent")
    assert (await idle.installment(mentee))["status"] == "paying"
    assert (await hold(idle, mentee)).json()["type"] == "/problems/not-in-this-state"


async def test_holds_and_the_cashier_at_once_never_send_what_is_held(idle: Scene):
    mentees = [(await approved(idle))[1] for _ in range(5)]
    bank = Bank()
    answers = await at_once(*(hold(idle, mentee) for mentee in mentees), Cashier(idle.store, bank, idle.clock).work())
    held = {
        f"{mentee.application}.1.1"
        for mentee, answer in zip(mentees, answers[:-1], strict=True)
        if answer.status_code == 200
    }
    assert held.isdisjoint(bank.asked)
    assert len(held) + len(bank.asked) == len(mentees)


async def test_only_finance_holds_and_releases_and_sends_a_key(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    path = f"/v1/stipends/{mentee.application}/installments/1"
    staff, mira = await scene.served.caller(somebody(), "staff"), await scene.served.caller(mentee.id, "finance")
    for verb, body in (("hold", WHY), ("release", None)):
        callers = [project.ada, project.mo, staff, mira]
        answers = [await caller.post(f"{path}/{verb}", json=body, headers=key()) for caller in callers]
        assert [answer.status_code for answer in answers] == [403] * 4, verb
        assert answers[-1].json()["type"] == "/problems/own-stipend"
        assert (await scene.fay.post(f"{path}/{verb}", json=body)).status_code == 428
        assert (await scene.fay.post(f"{path}9/{verb}", json=body, headers=key())).status_code == 404
    assert (await scene.fay.post(f"{path}/hold", json={"reason": " "}, headers=key())).status_code == 422
