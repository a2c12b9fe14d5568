"""Stipends alone: refunds, the forecast, statements by time and term, and what is overdue."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.component.stipends.scene import Mentee, Scene, dollars, key, somebody


async def test_what_nothing_is_reserved_of_is_refunded_once(scene: Scene):
    project = await scene.project(deposit=6000)
    await scene.tell(*Mentee(project.id).whole())
    path, said = f"/v1/budgets/{project.id}/refunds", {"amount": dollars(600), "reference": "R 1", "sponsor": "ACME"}

    unkeyed = await scene.fay.post(path, json=said)
    by_ada = await project.ada.post(path, json=said, headers=key())
    too_much = await scene.fay.post(path, json={**said, "amount": dollars(601)}, headers=key())
    once = key()
    answers = [await scene.fay.post(path, json=said, headers=once) for _ in range(2)]

    assert (unkeyed.status_code, by_ada.status_code) == (428, 403)
    assert (too_much.status_code, too_much.json()["type"]) == (409, "/problems/overdrawn")
    assert [answer.status_code for answer in answers] == [201, 201]
    balances = await scene.budget(project.id)
    assert (balances["available"], balances["external_funding"]) == (0, -5400)
    (entry, *_) = (await scene.fay.get(f"/v1/budgets/{project.id}/entries")).json()["items"]
    assert (entry["cause"], entry["sponsor"], entry["reference"]) == ("refund", "ACME", "R 1")


async def test_of_a_refund_and_an_acceptance_at_the_same_time_the_money_is_spent_once(scene: Scene):
    project = await scene.project(deposit=5400)
    mentee = Mentee(project.id)
    *before, accepted = mentee.whole()
    await scene.tell(*before)
    said = {"amount": dollars(5400), "reference": "R 2"}
    refund = scene.fay.post(f"/v1/budgets/{project.id}/refunds", json=said, headers=key())
    answer, _ = await asyncio.gather(refund, scene.tell(accepted))
    status = (await scene.stipend(mentee))["status"]
    assert (answer.status_code, status) in {(201, "awaiting_funds"), (409, "reserved")}
    assert (await scene.budget(project.id))["available"] == 0


async def test_the_forecast_warns_of_what_is_missing_and_sees_when_it_falls_due(scene: Scene):
    project = await scene.project(deposit=6000)
    first, second = Mentee(project.id), Mentee(project.id)
    await scene.tell(*first.whole(), *second.whole(), first.passed("final")[0])
    told = await scene.money(project.id, "forecast")
    assert (told["shortfall"], told["missing"]) == (dollars(4800), dollars(5400))
    assert told["warnings"][0].startswith("4,800.00 USD more must be deposited")
    assert [(month["month"] is None, month["installments"]) for month in told["months"]] == [(False, 1), (True, 3)]
    assert (await (await scene.served.caller(somebody())).get(f"/v1/budgets/{project.id}/forecast")).status_code == 404


async def test_a_statement_of_a_time_and_of_a_term_sums_to_zero(scene: Scene):
    project = await scene.project(deposit=10_000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    whole = await scene.money(project.id, "statement")
    later = await scene.money(project.id, "statement", since=ahead)
    term = await scene.money(project.id, "statement", term_id="t")
    other = await scene.money(project.id, "statement", term_id="another")

    kept = {name: dollars(amount) for name, amount in (await scene.budget(project.id)).items()}
    assert (whole["closing"], later["opening"], later["movements"]) == (kept, kept, [])
    assert (whole["sum"], term["sum"]) == (dollars(0), dollars(0))
    assert (term["closing"]["paid"], term["closing"]["external_funding"]) == (dollars(2700), dollars(0))
    assert {one["cause"] for one in whole["movements"]} - {one["cause"] for one in term["movements"]} == {"deposit"}
    assert other["movements"] == []


async def test_finance_sees_what_has_stood_still_for_too_long(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    mine = {"stipend_id": mentee.application, "number": 1, "status": "requested"}

    async def listed() -> bool:
        items = (await scene.fay.get("/v1/stipends/overdue", params={"days": 3})).json()["items"]
        return any(mine.items() <= item.items() for item in items)

    now = await listed()
    scene.clock.ahead += timedelta(days=3, minutes=1)
    later, by_ada = await listed(), await project.ada.get("/v1/stipends/overdue")
    scene.clock.ahead = timedelta()
    assert (now, later, by_ada.status_code) == (False, True, 403)
