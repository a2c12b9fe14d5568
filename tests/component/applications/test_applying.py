"""Applying: the verdict with its reasons, the application with its tasks, and what has not arrived yet."""

import asyncio
from itertools import permutations

import httpx
import pytest

from contracts.event import Event
from contracts.projects import TermDeleted
from services.applications.domain.eligibility import judge_again
from services.applications.policies import shipped
from tests.component.applications.scene import (
    BUILD,
    DAY,
    READ,
    Scene,
    kinds,
    now,
    person,
    profile,
    project,
    somebody,
    term,
)
from tests.support.served import Served


async def verdict(by: httpx.AsyncClient, term_id: str) -> httpx.Response:
    return await by.get("/v1/applications/eligibility", params={"term_id": term_id})


async def test_a_person_learns_the_verdict_with_every_reason_before_applying(served: Served):
    scene = await Scene.of(served)
    fine, underage = somebody(), somebody()
    await served.hears(profile(fine), profile(underage, of_age=False, may_work=False))

    yes = (await verdict(await served.caller(fine), scene.term_id)).json()
    no = (await verdict(await served.caller(underage), scene.term_id)).json()

    assert yes == {"eligible": True, "reasons": [], "policy_version": "2022-01"}
    assert (no["eligible"], [reason["code"] for reason in no["reasons"]]) == (False, ["under_age", "may_not_work"])
    assert "18 years" in no["reasons"][0]["text"]


async def test_who_is_not_eligible_does_not_apply_and_is_told_why(served: Served):
    scene = await Scene.of(served)
    await served.hears(profile(scene.mentor_id))

    answer = await scene.wish(scene.mentor)

    assert kinds([answer]) == ["422 not-eligible"]
    assert "mentor of this project" in answer.json()["detail"]


async def test_nobody_applies_to_a_term_that_was_deleted(served: Served):
    scene = await Scene.of(served)
    planned = term(scene.term_id, scene.project_id)
    deleted = TermDeleted.model_validate({**planned.model_dump(exclude={"type"}), "sequence": 2})
    await served.hears(deleted)

    answer = await scene.wish(await scene.mentee())

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-yet-known")


async def test_who_lives_in_a_restricted_country_does_not_apply(served: Served):
    scene = await Scene.of(served)
    account = somebody()
    await served.hears(profile(account, country="CU"))
    mentee = await served.caller(account)

    judged = (await verdict(mentee, scene.term_id)).json()
    answer = await scene.wish(mentee)

    assert [reason["code"] for reason in judged["reasons"]] == ["country_restricted"]
    assert (kinds([answer]), "CU" in answer.json()["detail"]) == (["422 not-eligible"], True)


async def test_the_verdict_is_kept_with_the_application_and_comes_out_the_same_again(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    kept = (await served.service.data.applications.get(await scene.applied())).verdict
    assert (kept.eligible, kept.policy_version, judge_again(kept)) == (True, "2022-01", kept)


async def test_the_policy_that_counts_now_is_the_one_that_judges(served: Served, monkeypatch: pytest.MonkeyPatch):
    scene, mentee, data = await Scene.of(served), somebody(), served.service.data
    await served.hears(profile(mentee))
    changes = {"version": "new", "effective_from": now() + DAY, "restricted_countries": ("DE",)}
    soon = data.policies[-1].model_copy(update=changes)
    begun = soon.model_copy(update={"effective_from": now() - DAY})
    found = []
    for newest in (soon, begun):
        monkeypatch.setattr(data, "policies", (*shipped(), newest))
        found.append((await verdict(await served.caller(mentee), scene.term_id)).json())
    assert [(each["eligible"], each["policy_version"]) for each in found] == [(True, "2022-01"), (False, "new")]


async def test_an_application_comes_with_a_copy_of_each_prerequisite_task(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD, READ))
    mentee = await scene.mentee()

    answer = await mentee.post(
        "/v1/applications",
        json={"term_id": scene.term_id, "statement": "I want to.", "availability": "30 h", "ai_use": "For spelling."},
    )
    said = answer.json()
    await served.hears(
        project(scene.project_id, admin=scene.admin_id, mentors=(scene.mentor_id,), sequence=2, prerequisites=(READ,))
    )
    tasks = await scene.tasks(said["id"])

    assert (said["status"], said["country"], said["open_prerequisites"]) == ("pending", "DE", 2)
    assert (said["availability"], said["ai_use"], answer.headers["etag"]) == ("30 h", "For spelling.", '"1"')
    assert [(task["name"], task["status"], task["due_on"]) for task in tasks] == [
        ("Build", "assigned", "2030-01-01"),
        ("Read", "assigned", None),
    ]
    assert await scene.told(said["id"]) == ["application.submitted.v1"]
    assert await scene.told(tasks[0]["id"]) == ["task.assigned.v1"]


async def test_without_prerequisites_they_are_completed_at_once(served: Served):
    scene = await Scene.of(served)
    answer = (await scene.wish(await scene.mentee())).json()
    assert (answer["prerequisites_completed_at"] is not None, answer["open_prerequisites"]) == (True, 0)
    assert await scene.told(answer["id"]) == ["application.submitted.v1", "prerequisites.completed.v1"]


async def test_of_many_wishes_for_one_term_at_the_same_time_one_counts(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()

    answers = await asyncio.gather(*(scene.wish(mentee) for _ in range(6)))

    assert kinds(answers) == ["200"] + ["422 not-eligible"] * 5
    assert len((await mentee.get("/v1/applications")).json()["items"]) == 1


async def test_at_the_same_time_too_a_person_has_three_applications_in_one_period(served: Served):
    scenes = [await Scene.of(served) for _ in range(5)]
    mentee = await scenes[0].mentee()

    answers = await asyncio.gather(*(scene.wish(mentee) for scene in scenes))

    assert kinds(answers) == ["200"] * 3 + ["422 not-eligible"] * 2


async def test_after_a_withdrawal_one_may_apply_again_and_after_a_decline_not(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()

    first = await scene.applied(mentee)
    await mentee.post(f"/v1/applications/{first}/withdraw")
    second = await scene.applied(mentee)
    await scene.admin.post(f"/v1/applications/{second}/decline", json={"reason_code": "not_selected"})
    third = await scene.wish(mentee)

    assert kinds([third]) == ["422 not-eligible"]


async def test_what_has_not_arrived_may_be_asked_for_again(served: Served):
    mentee, term_id, project_id = await served.caller(account := somebody()), somebody(), somebody()

    async def missing() -> str:
        answer = await mentee.post("/v1/applications", json={"term_id": term_id, "statement": "I want to."})
        assert (answer.status_code, answer.headers.get("retry-after")) == (409, "1"), answer.text
        return str(answer.json()["detail"])

    assert "term" in await missing()
    assert (await verdict(mentee, term_id)).headers["retry-after"] == "1"
    await served.hears(term(term_id, project_id))
    assert "project" in await missing()
    await served.hears(project(project_id, admin=somebody()))
    assert "profile" in await missing()
    assert (await verdict(mentee, term_id)).json()["reasons"][0]["code"] == "profile_incomplete"
    await served.hears(profile(account))
    assert (await verdict(mentee, term_id)).json()["eligible"]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5], ids=str)
async def test_the_order_in_which_others_tell_does_not_matter(served: Served, order: tuple[int, ...]):
    account, admin, project_id, term_id = (somebody() for _ in range(4))
    events: list[Event] = [
        project(project_id, admin=admin),
        term(term_id, project_id),
        profile(account),
        person(account, "Mira Diaz"),
    ]

    await served.hears(*(events[place] for place in order))
    mentee = await served.caller(account)
    applied = await mentee.post("/v1/applications", json={"term_id": term_id, "statement": "I want to."})

    assert applied.status_code == 201
    seen = (await (await served.caller(admin)).get(f"/v1/applications/{applied.json()['id']}")).json()
    assert seen["mentee_name"] == "Mira Diaz"


async def test_the_newest_word_on_a_project_counts(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    await served.hears(
        project(scene.project_id, admin=scene.admin_id, sequence=2, status="hidden"),
        term(scene.term_id, scene.project_id, sequence=2, window_closes_at=now() - DAY),
    )

    reasons = (await verdict(mentee, scene.term_id)).json()["reasons"]

    assert [reason["code"] for reason in reasons] == ["project_not_published", "window_closed"]


BAD = {
    "no statement": ({"term_id": somebody()}, "/statement"),
    "an empty statement": ({"term_id": somebody(), "statement": " "}, "/statement"),
    "an endless statement": ({"term_id": somebody(), "statement": "x" * 10_001}, "/statement"),
    "an unknown field": ({"term_id": somebody(), "statement": "x", "status": "accepted"}, "/status"),
    "no id": ({"term_id": "spring", "statement": "x"}, "/term_id"),
    "an operator": ({"term_id": {"$ne": ""}, "statement": "x"}, "/term_id"),
}


@pytest.mark.parametrize("case", BAD, ids=BAD)
async def test_bad_input_is_pointed_at(served: Served, case: str):
    body, pointer = BAD[case]
    answer = await (await served.caller(somebody())).post("/v1/applications", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_verdict_is_about_a_term(served: Served):
    mentee = await served.caller(somebody())
    assert (await verdict(mentee, "spring")).status_code == 400
    assert (await mentee.get("/v1/applications/eligibility")).status_code == 400
