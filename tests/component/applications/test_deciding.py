"""Deciding: who may, how many, and what happens when many do at the same time."""

import asyncio
from datetime import timedelta

import pytest
from uuid6 import uuid7

from contracts.applications import ApplicationDeclined
from tests.component.applications.scene import (
    BUILD,
    Clock,
    Scene,
    confirm,
    funding,
    kinds,
    now,
    person,
    profile,
    project,
    somebody,
)
from tests.support.served import Served
from tests.support.waiting import eventually


async def test_of_fifty_acceptances_for_the_last_place_one_wins_and_the_others_are_told_why(served: Served):
    scene = await Scene.of(served, capacity=3)
    ids = [await scene.applied(mentee) for mentee in await scene.mentees(52)]
    for id in ids[:2]:
        assert (await scene.accept(id)).status_code == 200

    answers = await asyncio.gather(*(scene.accept(id) for id in ids[2:]))

    assert kinds(answers) == ["200"] + ["409 capacity-reached"] * 49
    refused = next(answer for answer in answers if not answer.is_success)
    assert "3 places" in refused.json()["detail"]
    accepted = await scene.admin.get("/v1/applications", params={"term_id": scene.term_id, "status": "accepted"})
    assert len(accepted.json()["items"]) == 3


async def test_of_five_projects_that_accept_one_person_at_the_same_time_one_wins(served: Served):
    scenes = [await Scene.of(served, starts_in=20 + 100 * n) for n in range(5)]
    mentee = await scenes[0].mentee()
    ids = [await scene.applied(mentee) for scene in scenes]

    answers = await asyncio.gather(*(scene.accept(id) for scene, id in zip(scenes, ids, strict=True)))

    assert kinds(answers) == ["200"] + ["409 already-engaged"] * 4
    told = [await scene.told(id) for scene, id in zip(scenes, ids, strict=True)]
    assert sum("application.accepted.v1" in events for events in told) == 1


async def test_a_refused_acceptance_takes_no_place(served: Served):
    first, second = await Scene.of(served), await Scene.of(served, starts_in=200)
    both = await first.mentee()
    one, other = await first.applied(both), await second.applied(both)
    await first.accept(one)

    assert kinds([await second.accept(other)]) == ["409 already-engaged"]
    assert (await second.accept(await second.applied())).status_code == 200


@pytest.mark.parametrize("way", ["withdraw", "decline"])
async def test_a_place_and_a_person_are_free_again_after(served: Served, way: str):
    scene, elsewhere = await Scene.of(served), await Scene.of(served, starts_in=200)
    leaving = await scene.mentee()
    one, other, third = await scene.applied(leaving), await scene.applied(), await elsewhere.applied(leaving)
    await scene.accept(one)
    assert kinds([await scene.accept(other), await elsewhere.accept(third)]) == [
        "409 already-engaged",
        "409 capacity-reached",
    ]

    if way == "withdraw":
        assert (await leaving.post(f"/v1/applications/{one}/withdraw")).status_code == 200
    else:
        declined = await scene.admin.post(f"/v1/applications/{one}/decline", json={"reason_code": "changed"})
        assert declined.status_code == 200

    assert kinds([await scene.accept(other), await elsewhere.accept(third)]) == ["200", "200"]


async def test_withdrawing_what_was_not_accepted_gives_no_place_back(served: Served):
    scene = await Scene.of(served)
    leaving = await scene.mentee()
    await scene.accept(await scene.applied())
    await leaving.post(f"/v1/applications/{await scene.applied(leaving)}/withdraw")
    assert kinds([await scene.accept(await scene.applied())]) == ["409 capacity-reached"]


async def test_an_offer_that_is_not_confirmed_in_time_expires_by_itself(served: Served, clock: Clock):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    await scene.accept(id)
    await served.hears(funding(id))

    async def expired() -> bool:
        return bool((await mentee.get(f"/v1/applications/{id}")).json()["status"] == "declined")

    with clock.put_forward(timedelta(days=14)):
        await eventually(expired, what="the expiry")

    *_, last = await served.told(id)
    assert isinstance(last, ApplicationDeclined)
    assert (last.reason_code, last.by) == ("offer_expired", "system:applications")
    assert kinds([await confirm(mentee, id)]) == ["409 not-in-this-state"]


async def test_however_many_look_at_expired_offers_each_expires_once_and_gives_one_place_back(served: Served):
    scene = await Scene.of(served, capacity=3)
    ids = [await scene.applied(mentee) for mentee in await scene.mentees(3)]
    for id in ids:
        await scene.accept(id)

    later = now() + timedelta(days=15)
    await asyncio.gather(*(served.service.data.expire_due_offer(later) for _ in range(12)))

    assert [(await scene.told(id)).count("application.declined.v1") for id in ids] == [1, 1, 1]
    answers = [await scene.accept(await scene.applied()) for _ in range(4)]
    assert kinds(answers) == ["200"] * 3 + ["409 capacity-reached"]


async def test_of_an_acceptance_sent_again_the_first_answer_counts(served: Served):
    scene = await Scene.of(served)
    id, headers = await scene.applied(), {"Idempotency-Key": str(uuid7())}

    answers = await asyncio.gather(*(scene.accept(id, headers=headers) for _ in range(4)))

    assert kinds(answers) == ["200"] * 4
    assert len({answer.content for answer in answers}) == 1
    assert (await scene.told(id)).count("application.accepted.v1") == 1


async def test_a_decision_about_another_version_is_refused(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    id = await scene.applied()
    seen = (await scene.admin.get(f"/v1/applications/{id}")).headers["etag"]
    waiting = await scene.admin.post(f"/v1/applications/{id}/waitlist", headers={"If-Match": seen})

    assert waiting.json()["status"] == "waitlisted"
    assert (await scene.told(id))[-1] == "application.waitlisted.v1"
    assert kinds([await scene.accept(id, headers={"If-Match": seen})]) == ["412 stale-version"]
    assert kinds([await scene.accept(id, headers={"If-Match": waiting.headers["etag"]})]) == ["200"]


CALLS = {
    "GET": ("", None),
    "GET tasks": ("/tasks", None),
    "GET evaluations": ("/evaluations", None),
    "waitlist": ("/waitlist", {}),
    "accept": ("/accept", {"attendance": "part_time"}),
    "decline": ("/decline", {"reason_code": "not_selected"}),
    "withdraw": ("/withdraw", {}),
    "confirm": ("/confirm", {"agreement_version": "1", "signature": "Mira"}),
}
MAY = {
    #                admin mentor mentee stranger anonymous
    "GET": (200, 200, 200, 404, 401),
    "GET tasks": (200, 200, 200, 404, 401),
    "GET evaluations": (200, 200, 200, 404, 401),
    "waitlist": (200, 403, 403, 404, 401),
    "accept": (200, 403, 403, 404, 401),
    "decline": (200, 403, 403, 404, 401),
    "withdraw": (403, 403, 200, 404, 401),
    "confirm": (403, 403, 409, 404, 401),  # for the mentee: nothing is offered
}


@pytest.mark.parametrize("name", CALLS)
async def test_administrators_decide_mentors_advise_mentees_speak_for_themselves(served: Served, name: str):
    scene = await Scene.of(served)
    mentee, stranger, anonymous = await scene.mentee(), await served.caller(somebody()), await served.caller()
    place, body = CALLS[name]
    path = f"/v1/applications/{await scene.applied(mentee)}{place}"

    found = {}
    for who in (anonymous, stranger, mentee, scene.mentor, scene.admin):
        if who is mentee and name == "withdraw":
            continue
        answer = await (who.get(path) if body is None else who.post(path, json=body or None))
        found[who] = answer.status_code
    if name == "withdraw":
        found[mentee] = (await mentee.post(path)).status_code

    assert tuple(found[who] for who in (scene.admin, scene.mentor, mentee, stranger, anonymous)) == MAY[name]


async def test_each_sees_their_own_and_those_of_the_projects_they_serve(served: Served):
    scene, other = await Scene.of(served), await Scene.of(served, starts_in=200)
    mira_id, noah_id = somebody(), somebody()
    mira, noah = await served.caller(mira_id), await served.caller(noah_id)
    await served.hears(person(mira_id, "Mira Diaz"), profile(mira_id), profile(noah_id))
    first, second, elsewhere = await scene.applied(mira), await scene.applied(noah), await other.applied(mira)

    async def seen(who: object, **params: str) -> list[str]:
        page = (await who.get("/v1/applications", params=params)).json()  # type: ignore[attr-defined]
        return [item["id"] for item in page["items"]]

    assert await seen(mira) == [elsewhere, first]
    assert await seen(scene.mentor) == await seen(scene.admin) == [second, first]
    assert await seen(scene.admin, mentee_id=mira_id) == [first]
    assert await seen(scene.admin, project_id=other.project_id) == []
    assert await seen(mira, term_id=other.term_id) == [elsewhere]
    assert await seen(scene.mentor, status="accepted") == []
    items = (await scene.mentor.get("/v1/applications")).json()["items"]
    assert [item["mentee_name"] for item in items] == [None, "Mira Diaz"]
    assert (await mira.get("/v1/applications", params={"state": "pending"})).status_code == 400


async def test_who_joins_a_project_sees_its_applications_and_who_left_does_not(served: Served):
    scene = await Scene.of(served)
    id, late = await scene.applied(), somebody()
    joined = await served.caller(late)
    assert (await joined.get(f"/v1/applications/{id}")).status_code == 404

    await served.hears(project(scene.project_id, admin=scene.admin_id, mentors=(late,), sequence=2))

    assert (await joined.get(f"/v1/applications/{id}")).status_code == 200
    assert (await scene.mentor.get(f"/v1/applications/{id}")).status_code == 404
