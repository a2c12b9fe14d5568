"""What stipends tells a person of what it holds on them, and what is left when they are gone: amounts without names."""

from contracts.identity import PersonDescribed
from services.chassis.seals import Renewed
from tests.component.stipends.scene import AT, Scene, key
from tests.support.exported import erased, exported, traces
from tests.support.waiting import eventually

NAME = "Mira Maker"


async def known(scene: Scene, id: str) -> str:
    """Let it hear who the mentee is; gives the address."""
    address = f"{id}@example.org"
    said = {"id": id, "name": f"Mira {id[-8:]}", "emails": (address,), "sequence": 1, "at": AT, "by": id}
    await scene.tell(PersonDescribed.model_validate(said))
    return address


async def mails_are_out(scene: Scene) -> None:
    async def look() -> bool:
        return await scene.served.service.store.database["mails"].count({"due_at": {"$exists": True}}) == 0

    await eventually(look, what="every mail sent")


async def test_a_person_is_told_of_their_money_with_the_account_masked(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await known(scene, mentee.id)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    part, pieces = await exported(scene.served, mentee.id)
    (stipend,), (payment,) = part["stipends"], part["payments"]
    assert (stipend["id"], stipend["installments"][0]["status"]) == (mentee.application, "paid")
    assert (payment["account"], payment["status"]) == ("••••paid", "paid")
    assert part["payee"]["holder_name"] == "M••• M•••"
    assert [text for text in ("sandbox-paid", NAME, "sealed", "approvers", "ordered_by") if text in str(part)] == []
    assert "paid" not in pieces[0].content.split(".")[0]


async def test_bank_details_are_destroyed_and_the_books_stay(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    address = await known(scene, mentee.id)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    await mails_are_out(scene)
    before = await scene.budget(project.id)

    await scene.tell(erased(mentee.id))
    assert await traces(scene.served, address, f"Mira {mentee.id[-8:]}") == []
    assert await scene.store.payees.find_one({"_id": mentee.id}) is None
    (payment,) = await scene.store.payments.find({"payee_id": mentee.id})
    assert (payment.status, payment.sealed, payment.account) == ("paid", b"", "")
    assert await scene.budget(project.id) == before
    assert (await scene.stipend(mentee))["installments"][0]["status"] == "paid"
    assert (await scene.store.auditor.verify(project.id)).fault is None  # type: ignore[arg-type]


async def test_a_payment_on_its_way_is_forgotten_when_it_has_arrived(scene: Scene):
    """Identity holds whoever waits for money; this is for what it had not heard yet."""
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await known(scene, mentee.id)
    scene.gate.open = False
    try:
        await scene.approved(project, mentee)
        await scene.becomes(mentee, "paying")
        await scene.tell(erased(mentee.id))
        (under_way,) = await scene.store.payments.find({"payee_id": mentee.id})
        assert under_way.sealed
    finally:
        scene.gate.open = True
    for body, signature in scene.gate.passed:
        headers = {"Signature": signature, "Content-Type": "application/json"}
        anybody = await scene.served.caller()
        await anybody.post("/v1/payments/callbacks/sandbox", content=body, headers=headers)

    async def arrived() -> bool:
        (payment,) = await scene.store.payments.find({"payee_id": mentee.id})
        return (payment.status, payment.sealed) == ("paid", b"")

    await eventually(arrived, within=180, what="the payment's end")


async def test_keys_are_rotated_past_what_is_gone(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    await known(scene, mentee.id)
    await scene.tell(erased(mentee.id))
    assert await scene.store.payees.renew_seals() == Renewed()


async def test_who_comes_too_late_for_money_is_not_paid_to_nowhere(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await known(scene, mentee.id)
    await scene.tell(erased(mentee.id))
    refused = await project.ada.post(f"/v1/stipends/{mentee.application}/installments/1/approve", headers=key())
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/payee-unknown")
