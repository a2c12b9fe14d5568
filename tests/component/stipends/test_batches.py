"""Paying by bank file: each order in one batch, the file fetched again and again, the bank's answers imported."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from deploy.local.platform import Platform
from services.chassis.service import Role
from services.stipends.domain.batch import short
from tests.component.stipends.scene import Mentee, Project, Scene, at_once, key, playing, somebody
from tests.unit.stipends.test_bank_file import REASON, answer, transfer
from tests.unit.stipends.test_bank_statement import booked, file, named

IBAN = {"iban": "GB29NWBK60161331926819", "holder_name": "Mira Maker", "country": "GB"}
BANK: dict[str, Any] = {
    "payment_provider": "bank_file",
    "debtor_name": "Mentorship Fund",
    "debtor_iban": "DE89370400440532013000",
    "debtor_bic": "COBADEFFXXX",
}


@pytest.fixture(scope="module")
async def scene(platform: Platform) -> AsyncIterator[Scene]:
    async with playing(platform, role=Role.API, **BANK) as scene:
        yield scene


async def approved(scene: Scene) -> tuple[Project, Mentee]:
    project = await scene.project(deposit=6000)
    mentee = Mentee(project.id)
    await scene.tell(*mentee.whole(), *mentee.passed("midterm"))
    mira = await scene.served.caller(mentee.id)
    assert (await mira.put("/v1/payees/me", json=IBAN)).status_code == 200
    assert (await mira.post("/v1/payees/me/confirm")).status_code == 200
    assert (await mira.post(f"/v1/stipends/{mentee.application}/installments/1/request")).status_code == 200
    await scene.approved(project, mentee)
    return project, mentee


async def export(scene: Scene) -> httpx.Response:
    return await scene.fay.post("/v1/payments/batches", headers=key())


async def imported(scene: Scene, content: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/xml"}
    return await scene.fay.post("/v1/payments/answers", content=content, headers=headers)


def name(mentee: Mentee) -> str:
    return short(f"{mentee.application}.1.1")


async def test_each_order_is_exported_once_and_the_file_can_be_fetched_again(scene: Scene):
    mentees = [(await approved(scene))[1] for _ in range(3)]
    answers = await at_once(*(export(scene) for _ in range(5)))
    batches = [answer.json() for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    exported = [payment for batch in batches for payment in batch["payments"]]
    assert sorted(exported) == sorted(f"{mentee.application}.1.1" for mentee in mentees)
    assert (await export(scene)).json()["type"] == "/problems/nothing-to-export"
    for mentee in mentees:
        assert (await scene.installment(mentee))["status"] == "paying"

    path = f"/v1/payments/batches/{batches[0]['id']}/export.xml"
    first, again = await scene.fay.get(path), await scene.fay.get(path)
    assert (first.status_code, first.headers["content-type"]) == (200, "application/xml")
    assert first.content == again.content
    assert batches[0]["message_id"] in first.text
    assert first.headers["cache-control"] == "no-store"
    assert IBAN["iban"] in first.text


async def test_a_repeated_export_is_the_same_batch_and_keeps_no_account_in_the_clear(scene: Scene):
    await approved(scene)
    same = key()
    first, again = [await scene.fay.post("/v1/payments/batches", headers=same) for _ in range(2)]
    assert (first.status_code, again.text) == (201, first.text)
    database = scene.served.service.store.database
    for kept in ("payments", "batches", "idempotency", "outbox", "payees", "postings", "stipends"):
        assert not [row for row in await database[kept].find({}) if IBAN["iban"] in repr(row)], kept


async def test_the_banks_answers_move_the_money_once_and_what_is_not_ours_is_told(scene: Scene):
    (project, paid), (other, failed) = await approved(scene), await approved(scene)
    await export(scene)
    said = transfer(name(paid), "ACSC") + transfer(name(failed), "RJCT", REASON) + transfer("nobody", "ACSC")
    file = answer(transfers=said)
    for _ in range(2):
        items = {item["name"]: item for item in (await imported(scene, file)).json()["items"]}
        assert items[name(paid)]["status"] == "paid"
        assert items[name(failed)]["status"] == "failed"
        assert (items["nobody"]["reference"], items["nobody"]["words"]) == (
            None,
            "This is none of our payments; nothing was noted.",
        )
    assert (await scene.budget(project.id))["paid"] == 2700
    assert (await scene.budget(other.id))["reserved"] == 5400
    assert "The bank says AC04 Closed account." in (await scene.installment(failed))["where"]

    contradiction = (await imported(scene, answer(transfers=transfer(name(paid), "RJCT")))).json()["items"][0]
    assert contradiction["words"].endswith("Nothing was noted.")
    assert (await scene.installment(paid))["status"] == "paid"


async def test_an_answer_to_the_whole_batch_settles_each_of_it(scene: Scene):
    mentees = [(await approved(scene))[1] for _ in range(2)]
    batch = (await export(scene)).json()
    file = answer("<GrpSts>ACSC</GrpSts>").replace(b"<OrgnlMsgId>m<", f"<OrgnlMsgId>{batch['message_id']}<".encode())
    items = (await imported(scene, file)).json()["items"]
    assert sorted(item["reference"] for item in items) == sorted(batch["payments"])
    assert {(await scene.installment(mentee))["status"] for mentee in mentees} == {"paid"}


async def test_what_is_held_is_not_exported_and_what_is_exported_is_not_held(scene: Scene):
    _, mentee = await approved(scene)
    path, why = f"/v1/stipends/{mentee.application}/installments/1", {"reason": "Why?"}
    assert (await scene.fay.post(f"{path}/hold", json=why, headers=key())).status_code == 200
    assert (await export(scene)).status_code == 409
    assert (await scene.fay.post(f"{path}/release", headers=key())).status_code == 200
    assert (await export(scene)).json()["payments"] == [f"{mentee.application}.1.1"]
    assert (await scene.fay.post(f"{path}/hold", json=why, headers=key())).status_code == 409


async def test_only_finance_with_a_fresh_second_factor_handles_files(scene: Scene):
    project, _ = await approved(scene)
    batch = (await export(scene)).json()["id"]
    stale = await scene.served.caller(somebody(), "finance", acr="pwd")
    for caller, code in ((project.ada, 403), (stale, 401)):
        assert (await caller.post("/v1/payments/batches", headers=key())).status_code == code
        assert (await caller.get(f"/v1/payments/batches/{batch}/export.xml")).status_code == code
        assert (await caller.post("/v1/payments/answers", content=b"")).status_code == code
    assert (await scene.fay.post("/v1/payments/batches")).status_code == 428
    assert (await scene.fay.get("/v1/payments/batches/x/export.xml")).json()["type"] == "/problems/batch-unknown"
    listed = (await scene.fay.get("/v1/payments/batches?limit=1")).json()["items"]
    assert [one["id"] for one in listed] == [batch]
    assert IBAN["iban"] not in repr(listed)


async def test_a_wrong_file_is_refused_without_repeating_it(scene: Scene):
    refused = await imported(scene, answer(transfers=transfer("e", "SOLD")))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/file-not-valid")
    assert "SOLD" not in refused.text
    assert (await imported(scene, b"x" * (2 * 1024 * 1024 + 1))).status_code == 413


async def compared(scene: Scene, *entries: str) -> dict[str, str]:
    """Hold a statement of the bank against the ledger; gives what is said of each payment."""
    path, headers = "/v1/payments/differences?since=2026-01-01", {"Content-Type": "application/xml"}
    answered = await scene.fay.post(path, content=file(*entries), headers=headers)
    assert answered.status_code == 200, answered.text
    return {item["reference"]: item["words"] for item in answered.json()["items"]}


async def test_a_statement_of_the_bank_is_held_against_the_ledger_and_nothing_is_corrected(scene: Scene):
    (project, paid), (_, unanswered) = await approved(scene), await approved(scene)
    await export(scene)
    await imported(scene, answer(transfers=transfer(name(paid), "ACSC")))
    mine, other = f"{paid.application}.1.1", f"{unanswered.application}.1.1"

    agreed = await compared(scene, booked(named(name(paid))))
    assert {mine, other} & agreed.keys() == set(), "one that is on its way need not be there yet"

    found = await compared(scene, booked(named(name(unanswered))), booked(named("rent"), amount="9.50"))
    assert found[mine] == "The ledger has 2,700.00 USD paid; the provider has no such payment."
    assert found[other] == "The provider has 2,700.00 USD paid; the ledger has 2,700.00 USD in transit."
    assert found["rent"] == "The provider has 9.50 USD paid; the ledger has nothing of it."
    twice = await compared(scene, *[booked(named(name(paid)))] * 2)
    assert twice[mine].startswith("The provider has 2 payments under this reference")
    back = await compared(scene, booked(named(name(paid))), booked(named(name(paid)), way="CRDT"))
    assert back[mine] == "The provider has 2,700.00 USD returned; the ledger has 2,700.00 USD paid."
    less = await compared(scene, booked(named(name(paid)), amount="26.00"))
    assert less[mine] == "The provider has 26.00 USD paid; the ledger has 2,700.00 USD paid."

    assert (await scene.budget(project.id))["paid"] == 2700
    assert (await scene.installment(unanswered))["status"] == "paying"


async def test_the_provider_of_a_called_kind_is_not_here(scene: Scene):
    assert (await scene.fay.get("/v1/payments/differences?since=2026-01-01")).json()[
        "type"
    ] == "/problems/other-provider"
    mira = await scene.served.caller(somebody())
    said = {"account": "sandbox-paid", "holder_name": "Mira", "country": "DE"}
    assert (await mira.put("/v1/payees/me", json=said)).json()["type"] == "/problems/account-not-known"
    callback = {"id": "x", "reference": "x", "status": "paid"}
    assert re.search("no-such-provider", (await mira.post("/v1/payments/callbacks/sandbox", json=callback)).text)
