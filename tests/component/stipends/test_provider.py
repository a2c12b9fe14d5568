"""The provider's word: repeated, forged, early, lost; and one payment whatever happens to it."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.stipends import InstallmentPaid, InstallmentSent
from deploy.local.platform import Platform
from services.chassis.service import Role
from services.stipends.cashier import Cashier
from services.stipends.domain.payment import Report
from services.stipends.provider import Order, ProviderAway
from services.stipends.provider.sandbox import SandboxProvider
from tests.component.stipends.scene import Mentee, Scene, at_once, playing

CALLBACK = "/v1/payments/callbacks/sandbox"


@pytest.fixture(scope="module")
async def idle(platform: Platform) -> AsyncIterator[Scene]:
    """A service that answers but asks nobody: the tests are its cashier, and its ear for events."""
    async with playing(platform, role=Role.API) as scene:
        yield scene


@pytest.fixture(autouse=True)
def it_is_now(request: pytest.FixtureRequest) -> None:
    if "idle" in request.fixturenames:
        request.getfixturevalue("idle").clock.ahead = timedelta()


@pytest.fixture
async def anybody(scene: Scene) -> httpx.AsyncClient:
    return await scene.served.caller()


def word(mentee: Mentee, status: str = "paid", **changes: Any) -> dict[str, Any]:
    return {"id": "x", "reference": f"{mentee.application}.1.1", "status": status, "reason": None, **changes}


def signed(scene: Scene, said: dict[str, Any], *, secret: str | None = None, ago: float = 0) -> dict[str, Any]:
    body, at = json.dumps(said).encode(), int(time.time() - ago)
    proof = hmac.new((secret or scene.secret).encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"content": body, "headers": {"Signature": f"t={at},v1={proof}", "Content-Type": "application/json"}}


async def test_a_callback_told_again_changes_nothing(scene: Scene, anybody: httpx.AsyncClient):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    scene.gate.times = 3
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    scene.gate.times = 1
    before, told = await scene.budget(project.id), await scene.served.told(mentee.application)

    body, signature = next(one for one in scene.gate.passed if mentee.application.encode() in one[0])
    headers = {"Signature": signature}
    answers = await at_once(*(anybody.post(CALLBACK, content=body, headers=headers) for _ in range(10)))

    assert [answer.json()["status"] for answer in answers] == ["paid"] * 10
    assert await scene.budget(project.id) == before
    assert await scene.served.told(mentee.application) == told


@pytest.mark.parametrize(
    "forge",
    [
        lambda scene, said: signed(scene, said, secret="guessed"),
        lambda scene, said: signed(scene, said, ago=301),
        lambda scene, said: signed(scene, said, ago=-310),
        lambda scene, said: {**signed(scene, said), "content": json.dumps({**said, "status": "failed"}).encode()},
        lambda _, said: {"content": json.dumps(said).encode()},
    ],
    ids=["another secret", "too old", "from the future", "another body", "not signed"],
)
async def test_a_forged_callback_is_refused_and_changes_nothing(scene: Scene, anybody: httpx.AsyncClient, forge: Any):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    answer = await anybody.post(CALLBACK, **forge(scene, word(mentee)))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/signature-wrong")
    assert (await scene.installment(mentee))["status"] == "requested"


@pytest.mark.parametrize("status", ["processing", "refused", "sold", None])
async def test_a_signed_word_that_makes_no_sense_is_malformed(scene: Scene, anybody: httpx.AsyncClient, status: Any):
    said = {"id": "x", "reference": "nothing", "status": status, "reason": None}
    assert (await anybody.post(CALLBACK, **signed(scene, said))).status_code == 400


async def test_a_word_about_an_unknown_payment_is_refused(scene: Scene, anybody: httpx.AsyncClient):
    answer = await anybody.post(CALLBACK, **signed(scene, word(Mentee("nowhere"))))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/payment-unknown")


async def test_a_word_that_contradicts_what_was_said_is_refused(scene: Scene, anybody: httpx.AsyncClient):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    answer = await anybody.post(CALLBACK, **signed(scene, word(mentee, "failed")))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/report-contradicts")
    assert (await scene.budget(project.id))["paid"] == 2700


async def earned(idle: Scene) -> Mentee:
    """A mentee whose first installment is approved."""
    project = await idle.project(deposit=6000)
    mentee = await idle.requested(project)
    await idle.approved(project, mentee)
    return mentee


class Unlucky:
    """The sandbox, reached by a line that breaks after the request went out, before its answer came back."""

    def __init__(self, bank: SandboxProvider, losses: int) -> None:
        self._bank = bank
        self.losses = losses
        self.asked: list[str] = []

    async def pay(self, order: Order) -> Report:
        report = await self._bank.pay(order)
        self.asked.append(order.reference)
        if len(self.asked) <= self.losses:
            raise ProviderAway("The answer was lost.")
        return report

    async def look_up(self, reference: str) -> Report | None:
        return await self._bank.look_up(reference)


def sandbox(idle: Scene, *, callback: str) -> SandboxProvider:
    settings = idle.served.service.settings
    return SandboxProvider(
        settings.sandbox_url,  # type: ignore[attr-defined]
        api_key=settings.sandbox_api_key.get_secret_value(),  # type: ignore[attr-defined]
        callback_url=callback,
    )


async def test_an_answer_that_was_lost_is_looked_up_and_not_asked_for_again(idle: Scene):
    mentee = await earned(idle)
    unlucky = Unlucky(sandbox(idle, callback="http://127.0.0.1:9/nowhere"), losses=2)
    cashier = Cashier(idle.store, unlucky, idle.clock)

    await cashier.work()
    assert (await idle.installment(mentee))["status"] == "approved"
    idle.clock.ahead += timedelta(seconds=10)
    await cashier.work()

    assert unlucky.asked == [f"{mentee.application}.1.1"]
    assert len(await idle.payments_of(mentee)) == 1
    balances = await idle.budget(mentee.project)
    assert balances["in_transit"] + balances["paid"] == 2700


async def test_a_callback_that_overtakes_the_storing_of_the_order_is_right_too(idle: Scene):
    mentee = await earned(idle)
    public = f"{idle.served.issuer.url}{CALLBACK}"
    unlucky = Unlucky(sandbox(idle, callback=public), losses=1)
    await Cashier(idle.store, unlucky, idle.clock).work()
    await idle.becomes(mentee, "paid")

    idle.clock.ahead = timedelta(hours=1)
    await Cashier(idle.store, unlucky, idle.clock).work()

    assert len(unlucky.asked) == len(await idle.payments_of(mentee)) == 1
    told = [type(event) for event in await idle.served.told(mentee.application)]
    assert told[-2:] == [InstallmentSent, InstallmentPaid]
    assert (await idle.budget(mentee.project))["paid"] == 2700


async def test_the_answer_that_comes_after_the_callback_changes_nothing(idle: Scene):
    mentee = await earned(idle)
    payment = await idle.store.payments.get(f"{mentee.application}.1.1")
    for status in ("paid", "processing"):
        report = Report.model_validate({"reference": payment.id, "status": status, "provider_id": "x"})
        await idle.store.paying.note(report, at=idle.clock())
    assert (await idle.budget(mentee.project))["paid"] == 2700


async def test_twenty_words_at_once_move_the_money_once(idle: Scene):
    mentee = await earned(idle)
    words = [
        Report.model_validate({"reference": f"{mentee.application}.1.1", "status": status, "provider_id": "x"})
        for status in ("processing", "paid") * 10
    ]
    await at_once(*(idle.store.paying.note(one, at=idle.clock()) for one in words))
    assert (await idle.installment(mentee))["status"] == "paid"
    assert (await idle.budget(mentee.project))["paid"] == 2700


async def test_a_payment_of_which_nothing_is_heard_is_looked_up(idle: Scene):
    mentee = await earned(idle)
    bank = sandbox(idle, callback="http://127.0.0.1:9/nowhere")
    cashier = Cashier(idle.store, bank, idle.clock)
    await cashier.work()
    assert (await idle.installment(mentee))["status"] == "paying"
    await cashier.work()
    assert (await idle.installment(mentee))["status"] == "paying", "it is too early to ask"

    idle.clock.ahead = timedelta(minutes=2)
    await asyncio.wait_for(_until_settled(idle, mentee), 60)
    await cashier.work()
    assert (await idle.installment(mentee))["status"] == "paid"


async def _until_settled(idle: Scene, mentee: Mentee) -> None:
    while (await idle.payments_of(mentee))[0]["status"] == "processing":
        continue


async def test_an_order_that_was_taken_is_recognized_though_it_is_asked_in_other_words(idle: Scene):
    """The same key with another body is refused by the provider, which must not look like a failed payment."""
    mentee = await earned(idle)
    lost = Unlucky(sandbox(idle, callback="http://127.0.0.1:9/before-the-move"), losses=1)
    await Cashier(idle.store, lost, idle.clock).work()
    idle.clock.ahead = timedelta(minutes=1)
    await Cashier(idle.store, sandbox(idle, callback="http://127.0.0.1:9/after-the-move"), idle.clock).work()
    assert (await idle.installment(mentee))["status"] in {"paying", "paid"}
    assert len(await idle.payments_of(mentee)) == 1


async def test_a_provider_that_is_away_is_asked_again_later(idle: Scene):
    mentee = await earned(idle)
    settings = idle.served.service.settings
    away = SandboxProvider("http://127.0.0.1:9", api_key="key", callback_url=f"{settings.public_url}{CALLBACK}")
    await Cashier(idle.store, away, idle.clock).work()
    payment = await idle.store.payments.get(f"{mentee.application}.1.1")
    assert (payment.status, payment.asked) == ("approved", 1)
    assert payment.due_at
    assert payment.due_at > payment.ordered_at

    idle.clock.ahead = timedelta(minutes=1)
    await Cashier(idle.store, sandbox(idle, callback="http://127.0.0.1:9/nowhere"), idle.clock).work()
    assert (await idle.installment(mentee))["status"] == "paying"


async def test_a_key_that_the_provider_does_not_take_is_no_failed_payment(idle: Scene):
    mentee = await earned(idle)
    settings = idle.served.service.settings
    wrong = SandboxProvider(settings.sandbox_url, api_key="wrong", callback_url="http://127.0.0.1:9/nowhere")  # type: ignore[attr-defined]
    await Cashier(idle.store, wrong, idle.clock).work()
    assert (await idle.installment(mentee))["status"] == "approved"


async def test_an_order_that_cannot_be_opened_holds_up_nobody_else(idle: Scene):
    mentees = [await earned(idle), await earned(idle)]
    broken = f"{mentees[0].application}.1.1"
    await idle.served.service.store.database["payments"].update({"_id": broken}, {"$set": {"sealed": b"x" * 40}})
    cashier = Cashier(idle.store, sandbox(idle, callback="http://127.0.0.1:9/nowhere"), idle.clock)
    assert await cashier.work() is True
    assert [(await idle.installment(mentee))["status"] for mentee in mentees] == ["approved", "paying"]
