"""Where a mentee is paid: checked, confirmed, changed by its owner alone, late, mailed, and sealed with either key."""

import base64
import re
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.identity import PersonDescribed
from deploy.local.platform import Platform
from services.chassis.vault import SealBroken, Vault
from services.stipends import app as rooms
from tests.component.stipends.scene import AT, Mentee, Scene, key, somebody
from tests.support.waiting import eventually

IBAN = {"iban": "DE89 3704 0044 0532 0130 00", "holder_name": "Mira Maker", "country": "DE"}
ROUTED = {
    "routing_number": "021000021",
    "account_number": "000123456789",
    "holder_name": "Mira Maker",
    "country": "US",
}
SANDBOX = {"account": "sandbox-paid", "holder_name": "Mira Maker", "country": "DE"}


async def sent_later(scene: Scene, mentee: Mentee) -> None:
    """Let three days pass until the order is sent; the provider, who lives now, is heard only after that."""
    scene.clock.ahead = timedelta(hours=73)
    try:
        await scene.becomes(mentee, "paying")
    finally:
        scene.clock.ahead = timedelta()


async def described(mira: httpx.AsyncClient, said: dict[str, Any]) -> dict[str, Any]:
    answer = await mira.put("/v1/payees/me", json=said)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(("said", "masked"), [(IBAN, "••••3000"), (ROUTED, "••••6789"), (SANDBOX, "••••paid")])
async def test_an_account_of_each_kind_is_taken_and_paid_to(scene: Scene, said: dict[str, Any], masked: str):
    project = await scene.project(deposit=6000)
    mentee = Mentee(project.id)
    await scene.tell(*mentee.whole(), *mentee.passed("midterm"))
    mira = await scene.served.caller(mentee.id)
    assert (await described(mira, said))["account"] == masked
    request = f"/v1/stipends/{mentee.application}/installments/1/request"
    assert (await mira.post(request)).json()["type"] == "/problems/payee-unconfirmed"
    assert (await mira.post("/v1/payees/me/confirm")).json()["confirmed"] is True
    assert (await mira.post(request)).status_code == 200
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({**IBAN, "iban": "DE89370400440532013001"}, "account-not-valid"),
        ({**IBAN, "country": "FR"}, "account-not-valid"),
        ({**ROUTED, "routing_number": "021000022"}, "account-not-valid"),
        ({**ROUTED, "country": "DE"}, "account-not-valid"),
        ({**SANDBOX, "account": "sandbox-stolen"}, "account-not-known"),
        ({**SANDBOX, "iban": IBAN["iban"]}, "invalid"),
        ({**ROUTED, "account_number": None}, "invalid"),
        ({"holder_name": "Mira", "country": "DE"}, "invalid"),
    ],
)
async def test_what_cannot_be_is_refused_without_repeating_it(scene: Scene, said: dict[str, Any], kind: str):
    mira = await scene.served.caller(somebody())
    refused = await mira.put("/v1/payees/me", json=said)
    assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{kind}")
    for name in ("iban", "routing_number", "account_number", "account", "holder_name"):
        assert not said.get(name) or said[name] not in refused.text
    assert (await mira.get("/v1/payees/me")).status_code == 404


async def test_only_with_a_fresh_second_factor(scene: Scene):
    me = somebody()
    for claims in ({"acr": "pwd"}, {"auth_time": int(time.time()) - 1000}):
        mira = await scene.served.caller(me, **claims)
        refused = await mira.put("/v1/payees/me", json=SANDBOX)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/insufficient-user-authentication")
        assert 'acr_values="mfa", max_age="900"' in refused.headers["www-authenticate"]
        assert (await mira.get("/v1/payees/me")).status_code == 404


async def test_money_actions_of_staff_and_finance_demand_a_fresh_second_factor(scene: Scene):
    stale = await scene.served.caller(somebody(), "finance", "staff", acr="pwd")
    money = {"amount": {"amount_minor": 1, "currency": "USD"}, "reference": "r"}
    calls: list[tuple[str, Any]] = [
        ("budgets/x/deposits", money),
        ("stipends/x/decide", {"amount": money["amount"], "explanation": "e"}),
        ("stipends/x/installments/1/second", None),
        ("stipends/x/installments/1/release", None),
        ("payments/x.1.1/retry", None),
        ("payments/batches", None),
    ]
    for path, body in calls:
        answer = await stale.post(f"/v1/{path}", json=body, headers=key())
        assert (answer.status_code, answer.json()["type"]) == (
            401,
            "/problems/insufficient-user-authentication",
        ), path


async def test_a_change_delays_the_next_payment_says_so_and_is_mailed_to_the_owner(scene: Scene, platform: Platform):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    mira = await scene.served.caller(mentee.id)
    email = f"mira.{secrets.token_hex(4)}@example.org"
    person = {"id": mentee.id, "name": "Mira Maker", "emails": (email,), "sequence": 1, "at": AT, "by": mentee.id}
    await scene.tell(PersonDescribed.model_validate(person))

    payee = await described(mira, IBAN)
    assert payee["confirmed"] is False
    refused = await project.ada.post(f"/v1/stipends/{mentee.application}/installments/1/approve", headers=key())
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/payee-unconfirmed")
    await mira.post("/v1/payees/me/confirm")
    await scene.approved(project, mentee)

    part = await scene.installment(mentee)
    payable_from = datetime.fromisoformat(payee["payable_from"])
    assert timedelta(hours=71) < payable_from - scene.clock() <= timedelta(hours=72)
    assert part["status"] == "approved"
    assert f"on {payable_from:%Y-%m-%d at %H:%M} UTC, not earlier, because the payee was changed" in part["next"]
    assert await scene.payments_of(mentee) == []
    mails = await mails_to(platform, email, "Where you are paid was changed")
    assert "••••3000" in mails[0]["text"]
    assert f"{payable_from:%Y-%m-%d %H:%M} UTC" in mails[0]["text"]
    assert IBAN["iban"][-8:].replace(" ", "") not in mails[0]["text"]

    await sent_later(scene, mentee)
    await scene.becomes(mentee, "paid")


async def test_the_same_said_again_neither_delays_nor_mails(scene: Scene):
    mira = await scene.served.caller(somebody())
    first = await described(mira, SANDBOX)
    again = await described(mira, SANDBOX)
    assert (again["payable_from"], again["version"]) == (None, first["version"])


async def test_a_corrected_payee_orders_what_failed_again_late(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project, "sandbox-failed")
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "failed")
    mira = await scene.served.caller(mentee.id)
    await scene.describe(mira, "sandbox-paid")

    part = await scene.installment(mentee)
    assert part["status"] == "failed"
    assert "It was ordered again; the payment provider is asked to pay on" in part["next"]
    assert (await mira.post("/v1/payees/me/confirm")).status_code == 200, "and not once more"
    assert await scene.payments_of(mentee, attempt=2) == []
    await sent_later(scene, mentee)
    await scene.becomes(mentee, "paid")
    assert (await scene.budget(project.id))["paid"] == 2700
    assert [one["status"] for one in await scene.payments_of(mentee, attempt=2)] == ["paid"]


async def mails_to(platform: Platform, email: str, subject: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90) as mailbox:

        async def look() -> list[dict[str, Any]]:
            found = (await mailbox.get("/api/mails", params={"to": email})).json()["items"]
            return [mail for mail in found if mail["subject"] == subject]

        return await eventually(look, what=f"a mail {subject!r}")


async def test_each_step_is_mailed_once_also_to_a_person_who_becomes_known_late(scene: Scene, platform: Platform):
    project = await scene.project()
    mentee = Mentee(project.id)
    await scene.tell(*mentee.whole())
    await scene.deposit(project.id, 6000)
    email = f"mira.{secrets.token_hex(4)}@example.org"
    person = {"id": mentee.id, "name": "Mira Maker", "emails": (email,), "sequence": 1, "at": AT, "by": mentee.id}
    await scene.tell(PersonDescribed.model_validate(person))
    await scene.tell(*mentee.passed("midterm"))
    mira = await scene.served.caller(mentee.id)
    await scene.describe(mira, "sandbox-returned")
    path = f"/v1/stipends/{mentee.application}/installments/1"
    await mira.post(f"{path}/request")
    await project.ada.post(f"{path}/decline", json={"reason": "The report is missing."})
    await mira.post(f"{path}/request")
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "returned")

    await mails_to(platform, email, "Installment 1 came back")
    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90) as mailbox:
        mails = (await mailbox.get("/api/mails", params={"to": email})).json()["items"]
    assert sorted(mail["subject"] for mail in mails) == [
        "Installment 1 came back",
        "Installment 1 is approved",
        "Installment 1 is earned: ask for it now",
        "Installment 1 is paid",
        "Installment 1 was declined",
        "Your stipend for Kernel is set aside",
        "Your stipend for Kernel waits for money",
    ]
    texts = {mail["subject"]: mail["text"] for mail in mails}
    assert "The report is missing." in texts["Installment 1 was declined"]
    assert "The account was closed meanwhile." in texts["Installment 1 came back"]
    link = f"{scene.served.issuer.url}/v1/stipends/{mentee.application}"
    assert all(re.search(link, text) and "Hello Mira Maker" in text for text in texts.values())


async def test_the_key_is_rotated_beside_the_running_service(scene: Scene, platform: Platform):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    settings = scene.served.service.settings
    new = secrets.token_bytes(32)
    old = bytes(settings.payee_secret)  # type: ignore[attr-defined]
    said = settings.model_dump() | {
        "payee_secret": base64.b64encode(new),
        "payee_secret_other": base64.b64encode(old),
    }
    rotating = rooms.build(rooms.Settings(**said))
    try:
        assert (await rotating.data.payees.renew_seals()).count > 0
        assert (await rotating.data.payees.renew_seals()).count == 0
        payee = await scene.store.payees.get(mentee.id)
        assert b"sandbox-paid" in Vault(lambda: [new]).open(mentee.id, payee.sealed)
        with pytest.raises(SealBroken):
            Vault(lambda: [old]).open(mentee.id, payee.sealed)
        prepared = rooms.build(
            rooms.Settings(
                **said | {"payee_secret": base64.b64encode(old), "payee_secret_other": base64.b64encode(new)}
            )
        )
        assert prepared.data.payees.opened(mentee.id, payee.sealed).account == "sandbox-paid"
        prepared.store.database.close()
        back = rooms.build(
            rooms.Settings(
                **said | {"payee_secret": base64.b64encode(old), "payee_secret_other": base64.b64encode(new)}
            )
        )
        assert (await back.data.payees.renew_seals()).count > 0
        back.store.database.close()
    finally:
        rotating.store.database.close()
