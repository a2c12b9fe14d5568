"""Stipends alone: staff issue schedules, policies follow them, and what was promised stays."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from uuid6 import uuid7

from contracts.stipends import StipendScheduleIssued
from tests.component.stipends.scene import Mentee, Scene, dollars, somebody

RATIOS = "country_code,country,price_level_ratio\nDE,Germany,0.9\nUS,United States,1\n"
TABLE = "country_code,country,amount_usd\nDE,Germany,5500\nUS,United States,6000\n"


def today() -> date:
    return datetime.now(UTC).date()


def schedule(**changes: Any) -> dict[str, Any]:
    bounds = {"base": dollars(6000), "minimum": dollars(1000), "maximum": dollars(6600)}
    said = {"version": f"v-{uuid7().hex[-12:]}", "title": "Next", "effective_from": today().isoformat(), "csv": TABLE}
    return {**said, **bounds, **changes}


async def test_a_table_is_tried_then_issued_and_says_what_it_changes(scene: Scene):
    staff, anybody = await scene.served.caller(somebody(), "staff"), await scene.served.caller()
    far = (today() + timedelta(days=9000)).isoformat()  # in force after all that other tests issue
    said = schedule(effective_from=far)

    tried = await staff.post("/v1/stipend-schedules", json={**said, "dry_run": True})
    unknown = await anybody.get(f"/v1/stipend-schedules/{said['version']}/amounts")
    issued = await staff.post("/v1/stipend-schedules", json=said)
    changes = await anybody.get(
        f"/v1/stipend-schedules/{said['version']}/changes", params={"since": "lfx-2022", "limit": 100}
    )
    again = await staff.post("/v1/stipend-schedules", json=said)

    assert (tried.status_code, tried.json()["issued"], unknown.status_code) == (201, False, 404)
    assert (issued.status_code, issued.json()["issued"]) == (201, True)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/version-taken")
    assert changes.status_code == 200, changes.text
    germany = next(one for one in changes.json()["items"] if one["country"] == "DE")
    assert (germany["before"], germany["after"], germany["difference"]) == (dollars(5400), dollars(5500), dollars(100))
    assert [type(event) for event in await scene.served.told(said["version"])] == [StipendScheduleIssued]


async def test_a_schedule_is_computed_from_ratios(scene: Scene):
    staff = await scene.served.caller(somebody(), "staff")
    said = schedule(csv=RATIOS, step=dollars(100))
    assert (await staff.post("/v1/stipend-schedules", json=said)).status_code == 201
    amounts = (await staff.get(f"/v1/stipend-schedules/{said['version']}/amounts")).json()["items"]
    assert [(one["country"], one["amount"]) for one in amounts] == [("DE", dollars(5400)), ("US", dollars(6000))]


async def test_of_two_schedules_of_one_version_at_the_same_time_one_counts(scene: Scene):
    staff, said = await scene.served.caller(somebody(), "staff"), schedule()
    answers = await asyncio.gather(*(staff.post("/v1/stipend-schedules", json=said) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await scene.served.told(said["version"])) == 1


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "a shipped version": ({"version": "lfx-2022"}, 409, "version-taken"),
    "the past": ({"effective_from": "2025-01-01"}, 422, "schedule-in-the-past"),
    "no table": ({"csv": "x"}, 422, "schedule-unreadable"),
    "out of bounds": ({"csv": TABLE + "FR,France,9000\n"}, 422, "schedule-out-of-bounds"),
    "euros": ({"base": {"amount_minor": 600_000, "currency": "EUR"}}, 422, "invalid"),
    "bounds out of order": ({"minimum": dollars(6100)}, 422, "invalid"),
    "an odd version": ({"version": "A B"}, 422, "invalid"),
}


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED)
async def test_what_is_no_schedule_is_refused(scene: Scene, case: str):
    changes, status, kind = REFUSED[case]
    staff = await scene.served.caller(somebody(), "staff")
    answer = await staff.post("/v1/stipend-schedules", json=schedule(**changes))
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text


async def test_only_staff_issue_schedules(scene: Scene):
    anybody, somebody_ = await scene.served.caller(), await scene.served.caller(somebody())
    answers = [await who.post("/v1/stipend-schedules", json=schedule()) for who in (anybody, somebody_, scene.fay)]
    assert [answer.status_code for answer in answers] == [401, 403, 403]


async def test_a_stipend_keeps_the_schedule_that_was_in_force_when_its_mentee_was_accepted(scene: Scene):
    staff = await scene.served.caller(somebody(), "staff")
    project = await scene.project(deposit=20_000)
    follows = {"kind": "by_country"}
    assert (await project.ada.put(f"/v1/stipend-policies/{project.id}", json=follows)).status_code == 200
    said = schedule(csv="country_code,country,amount_usd\nDE,Germany,1100\n")
    assert (await staff.post("/v1/stipend-schedules", json=said)).status_code == 201

    before, after = Mentee(project.id), Mentee(project.id, accepted_at=datetime.now(UTC))
    await scene.tell(*before.whole(), *after.whole())

    stipends = [await scene.stipend(mentee) for mentee in (before, after)]
    assert (stipends[0]["amount"], stipends[0]["schedule"]) == (dollars(5400), "lfx-2022")
    assert stipends[1]["schedule"] != "lfx-2022"


async def test_what_if_another_policy_were_set_is_answered_and_not_kept(scene: Scene):
    project = await scene.project()
    what_if = {"kind": "fixed", "amount": dollars(999), "country": "CU"}
    answer = await project.ada.post(f"/v1/stipend-policies/{project.id}/preview", json=what_if)
    wrong = await project.ada.post(f"/v1/stipend-policies/{project.id}/preview", json={**what_if, "amount": None})
    stranger = await scene.served.caller(somebody())
    hidden = await stranger.post(f"/v1/stipend-policies/{project.id}/preview", json=what_if)
    assert [part["amount"]["amount_minor"] for part in answer.json()["installments"]] == [49_950, 49_950]
    assert (wrong.json()["type"], hidden.status_code) == ("/problems/policy-incomplete", 404)
    assert (await project.ada.get(f"/v1/stipend-policies/{project.id}")).json()["kind"] == "by_country"
