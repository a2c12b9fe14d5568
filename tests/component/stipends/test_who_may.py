"""What lists hold, what is no money, and what nobody sees; who may call what stands in test_authorization."""

import pytest

from contracts.stipends import PolicyKind, StipendPolicySet
from tests.component.stipends.scene import Mentee, Scene, dollars, key, somebody


async def test_a_list_has_only_what_its_reader_may_see(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    mira, stranger = await scene.served.caller(mentee.id), await scene.served.caller(somebody())
    callers = [mira, project.ada, scene.fay, project.mo, stranger]
    listed = [len((await caller.get(f"/v1/stipends?project_id={project.id}")).json()["items"]) for caller in callers]
    assert listed == [1, 1, 1, 0, 0]
    assert (await stranger.get("/v1/stipends")).json() == {"items": [], "next_cursor": None}
    assert (await mira.get("/v1/stipends?status=canceled")).json()["items"] == []


async def test_finance_lists_payments_by_status(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project, "sandbox-failed")
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "failed")
    failed = (await scene.fay.get("/v1/payments?status=failed&limit=100")).json()["items"]
    mine = next(one for one in failed if one["stipend_id"] == mentee.application)
    assert (mine["amount"], mine["account"], mine["reason"]) == (dollars(2700), "••••iled", "The account is closed.")
    paid = (await scene.fay.get("/v1/payments?status=paid&limit=100")).json()["items"]
    assert mentee.application not in {one["stipend_id"] for one in paid}


@pytest.mark.parametrize("what", ["deposit", "approve", "retry"])
async def test_where_money_moves_a_key_is_demanded(scene: Scene, what: str):
    path = {
        "deposit": "budgets/x/deposits",
        "approve": "stipends/x/installments/1/approve",
        "retry": "payments/x.1.1/retry",
    }[what]
    body = {"amount": dollars(1), "reference": "r"} if what == "deposit" else None
    answer = await scene.fay.post(f"/v1/{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (428, "/problems/precondition-missing")


async def test_a_policy_is_set_and_changed_and_told(scene: Scene):
    project = await scene.project(pays=False)
    path = f"/v1/stipend-policies/{project.id}"
    assert (await project.ada.get(path)).json()["type"] == "/problems/policy-unknown"
    shares = [{"milestone": "first", "percent": 10}, {"milestone": "final", "percent": 90}]
    said = {"kind": "fixed", "amount": dollars(3000), "installments": shares}
    first = await project.ada.put(path, json=said)
    assert first.json() == {**said, "project_id": project.id, "schedule": None, "pro_rata": False, "version": 1}

    none = await project.ada.put(path, json={"kind": "none"}, headers={"If-Match": '"1"'})
    assert (none.json()["kind"], none.json()["amount"], none.headers["etag"]) == ("none", None, '"2"')
    stale = await project.ada.put(path, json=said, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    told = await scene.served.told(project.id)
    assert [event.kind for event in told if isinstance(event, StipendPolicySet)] == [PolicyKind.FIXED, PolicyKind.NONE]


async def test_a_project_that_is_not_known_yet_may_come_in_a_moment(scene: Scene):
    ada = await scene.served.caller(somebody())
    answer = await ada.put(f"/v1/stipend-policies/{somebody()}", json={"kind": "none"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-yet-known")
    assert answer.headers["retry-after"] == "1"
    assert (await ada.get(f"/v1/budgets/{somebody()}")).status_code == 404


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ({"amount_minor": 0, "currency": "USD"}, 422),
        ({"amount_minor": -1, "currency": "USD"}, 422),
        ({"amount_minor": 10**12, "currency": "USD"}, 422),
        ({"amount_minor": 10**40, "currency": "USD"}, 422),
        ({"amount_minor": 1, "currency": "EUR"}, 422),
        ({"amount_minor": 0.5, "currency": "USD"}, 422),
        ({"amount_minor": "1", "currency": "USD", "more": 1}, 422),
        (None, 422),
    ],
)
async def test_what_is_no_money_is_not_deposited(scene: Scene, amount: object, code: int):
    project = await scene.project()
    said = {"amount": amount, "reference": "r"}
    answer = await scene.fay.post(f"/v1/budgets/{project.id}/deposits", json=said, headers=key())
    assert answer.status_code == code, answer.text
    assert (await scene.budget(project.id))["available"] == 0


async def test_schedules_are_open_to_everybody(scene: Scene):
    anybody = await scene.served.caller()
    schedules = (await anybody.get("/v1/stipend-schedules")).json()["items"]
    (lfx,) = (one for one in schedules if one["version"] == "lfx-2022")
    assert (lfx["countries"], lfx["base"], lfx["step"]) == (187, dollars(6000), None)
    path = "/v1/stipend-schedules/lfx-2022/amounts"
    germany = (await anybody.get(f"{path}?country=DE")).json()["items"]
    assert germany == [{"country": "DE", "name": "Germany", "amount": dollars(5400)}]
    assert (await anybody.get(f"{path}?country=CU")).json() == {"items": [], "next_cursor": None}
    assert (await anybody.get(f"{path}?country=Germany")).status_code == 400
    assert (await anybody.get("/v1/stipend-schedules/lfx-1999/amounts")).status_code == 404
    seen, cursor = [], ""
    while cursor is not None:
        page = (await anybody.get(f"{path}?limit=100{cursor and f'&cursor={cursor}'}")).json()
        seen += [row["country"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert (len(seen), seen) == (187, sorted(seen))


@pytest.mark.parametrize("cursor", ["x", "eA", "LTE"])
async def test_a_cursor_that_is_none_of_ours_is_malformed(scene: Scene, cursor: str):
    project = await scene.project()
    assert (await project.ada.get(f"/v1/budgets/{project.id}/entries?cursor={cursor}")).status_code == 400


async def test_where_a_mentee_is_paid_is_shown_masked_and_kept_sealed(scene: Scene, capfd: pytest.CaptureFixture[str]):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    mira = await scene.served.caller(mentee.id)
    shown = await mira.get("/v1/payees/me")
    masked = {"kind": "provider", "account": "••••paid", "holder_name": "M••• M•••", "country": "DE"}
    assert shown.json() == masked | {"confirmed": True, "payable_from": None, "version": 2}

    database = scene.served.service.store.database
    for kept in ("payees", "payments", "stipends", "outbox", "postings", "idempotency"):
        rows = [repr(row) for row in await database[kept].find({})]
        assert not [row for row in rows if "sandbox-paid" in row or "Mira Maker" in row], kept
    said = "".join(capfd.readouterr())
    assert "sandbox-paid" not in said
    assert "Mira Maker" not in said


async def test_nobody_has_a_payee_before_saying_so_and_only_an_account_of_the_provider_is_taken(scene: Scene):
    mira = await scene.served.caller(somebody())
    assert (await mira.get("/v1/payees/me")).json()["type"] == "/problems/payee-unknown"
    said = {"account": "DE89370400440532013000", "holder_name": "Mira", "country": "DE"}
    refused = await mira.put("/v1/payees/me", json=said)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/account-not-known")
    assert "DE89" not in refused.text
    assert (await mira.put("/v1/payees/me", json={**said, "country": "Germany"})).status_code == 422


async def test_without_a_payee_nothing_is_asked_for(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = Mentee(project.id)
    await scene.tell(*mentee.whole(), *mentee.passed("midterm"))
    mira = await scene.served.caller(mentee.id)
    path = f"/v1/stipends/{mentee.application}/installments"
    assert (await mira.post(f"{path}/1/request")).json()["type"] == "/problems/payee-missing"
    assert (await mira.post(f"{path}/2/request")).json()["type"] == "/problems/not-in-this-state"
    assert (await mira.post(f"{path}/3/request")).status_code == 404
    assert (await mira.post(f"{path}/0/request")).status_code == 400
