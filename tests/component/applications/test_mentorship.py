"""From the prerequisite task to the recorded evaluation."""

import asyncio
from datetime import datetime, timedelta

import pytest

from tests.component.applications.scene import BUILD, READ, Scene, confirm, funding, kinds, somebody
from tests.support.served import Served


async def test_a_task_goes_back_and_forth_until_it_is_completed(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    (task,) = await scene.tasks(id)
    place = f"/v1/tasks/{task['id']}"

    await scene.bring_up_to_submitted(mentee, task["id"])
    returned = await scene.mentor.post(f"{place}/return", json={"comment": "Say how."})
    await mentee.post(f"{place}/start")
    again = await mentee.post(f"{place}/submit", json={"links": ["https://example.org/pr/1"]})
    completed = await scene.mentor.post(f"{place}/complete", headers={"If-Match": again.headers["etag"]})

    assert (returned.json()["status"], returned.json()["comment"]) == ("returned", "Say how.")
    assert (completed.json()["status"], completed.json()["submission"]["links"]) == (
        "completed",
        ["https://example.org/pr/1"],
    )
    assert [type_.split(".")[1] for type_ in await scene.told(task["id"])] == [
        *("assigned", "started", "submitted", "returned", "started", "submitted", "completed")
    ]
    assert (await scene.told(id))[-1] == "prerequisites.completed.v1"
    assert (await mentee.get(f"/v1/applications/{id}")).json()["prerequisites_completed_at"]


async def test_two_tasks_completed_at_the_same_time_complete_the_prerequisites_once(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD, READ))
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    places = [f"/v1/tasks/{task['id']}" for task in await scene.tasks(id)]
    for place in places:
        await scene.bring_up_to_submitted(mentee, place.rpartition("/")[2])

    answers = await asyncio.gather(
        *(who.post(f"{place}/complete") for place in places for who in (scene.mentor, scene.admin))
    )

    assert kinds(list(answers)) == ["200", "200", "409 not-in-this-state", "409 not-in-this-state"]
    assert (await scene.told(id)).count("prerequisites.completed.v1") == 1
    assert (await scene.admin.get(f"/v1/applications/{id}")).json()["open_prerequisites"] == 0


STEPS = {
    #          body                admin mentor mentee stranger
    "start": ({}, (403, 403, 200, 404)),
    "submit": ({"text": "Done."}, (403, 403, 200, 404)),
    "return": ({"comment": "More."}, (200, 200, 403, 404)),
    "complete": ({}, (200, 200, 403, 404)),
}


@pytest.mark.parametrize("name", STEPS)
async def test_the_mentee_works_and_the_projects_people_look_at_it(served: Served, name: str):
    body, may = STEPS[name]
    scene = await Scene.of(served, prerequisites=(BUILD,), capacity=4)
    found = []
    for role in ("admin", "mentor", "mentee", "stranger"):
        mentee = await scene.mentee()
        (task,) = await scene.tasks(await scene.applied(mentee))
        if name == "submit":
            await mentee.post(f"/v1/tasks/{task['id']}/start")
        if name in {"return", "complete"}:
            await scene.bring_up_to_submitted(mentee, task["id"])
        stranger = await served.caller(somebody())
        who = {"admin": scene.admin, "mentor": scene.mentor, "mentee": mentee, "stranger": stranger}[role]
        answer = await who.post(f"/v1/tasks/{task['id']}/{name}", json=body or None)
        found.append(answer.status_code)
    assert tuple(found) == may


async def test_work_ends_with_the_application(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    (task,) = await scene.tasks(id)
    await mentee.post(f"/v1/applications/{id}/withdraw")
    assert kinds([await mentee.post(f"/v1/tasks/{task['id']}/start")]) == ["409 not-in-this-state"]


async def test_a_mentorship_begins_when_its_money_is_there(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    await scene.accept(id)

    early = await confirm(mentee, id)
    await served.hears(funding(id, status="expected"))
    halfway = await confirm(mentee, id)
    await served.hears(funding(id, status="awaiting_funds", sequence=2))
    waiting = await confirm(mentee, id)
    await served.hears(funding(id, sequence=3))
    confirmed = await confirm(mentee, id)

    assert kinds([early, halfway]) == ["409 not-yet-known"] * 2
    assert early.headers["retry-after"] == halfway.headers["retry-after"] == "1"
    assert (kinds([waiting]), "retry-after" in waiting.headers) == (["409 funding-missing"], False)
    assert "money in the budget" in waiting.json()["detail"]
    assert (confirmed.json()["status"], confirmed.json()["agreement"]["signature"]) == ("active", "Mira Diaz")
    assert (await scene.told(id))[-1] == "application.confirmed.v1"


async def test_in_an_unpaid_project_a_mentorship_begins_without_money(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    await served.hears(funding(id, status="unpaid"))
    await scene.accept(id)
    assert (await confirm(mentee, id)).status_code == 200


async def test_confirmation_schedules_the_evaluations_once(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    await scene.accept(id)
    await served.hears(funding(id))

    answers = await asyncio.gather(*(confirm(mentee, id) for _ in range(4)))
    items = (await mentee.get(f"/v1/applications/{id}/evaluations")).json()["items"]

    assert kinds(list(answers)) == ["200"] + ["409 not-in-this-state"] * 3
    assert [(item["milestone"], item["optional"]) for item in items] == [
        ("first", True),
        ("midterm", False),
        ("third", True),
        ("final", False),
    ]
    due = [datetime.fromisoformat(item["due_on"]) for item in items]
    assert [later - due[0] for later in due] == [timedelta(weeks=3 * n) for n in range(4)]
    assert [await scene.told(item["id"]) for item in items] == [["evaluation.scheduled.v1"]] * 4


async def test_an_evaluation_is_recorded_once_and_the_mentee_sees_their_part(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    items = (await scene.mentor.get(f"/v1/applications/{id}/evaluations")).json()["items"]
    place = f"/v1/evaluations/{items[1]['id']}"
    body = {"verdict": "satisfactory", "summary": "The build went well.", "private_note": "The tests worry me."}

    by_mentee, by_stranger = (
        await mentee.put(place, json=body),
        await (await served.caller(somebody())).put(place, json=body),
    )
    recorded = await scene.mentor.put(place, json=body)
    again = await scene.admin.put(place, json=body)
    other = await scene.mentor.put(place, json={**body, "verdict": "unsatisfactory"})

    assert [answer.status_code for answer in (by_mentee, by_stranger, recorded, again)] == [403, 404, 200, 200]
    assert (recorded.json()["recorded_by"], again.content) == (scene.mentor_id, recorded.content)
    assert kinds([other]) == ["409 recorded-before"]
    assert await scene.told(items[1]["id"]) == ["evaluation.scheduled.v1", "evaluation.recorded.v1"]
    seen = (await mentee.get(f"/v1/applications/{id}/evaluations")).json()["items"][1]
    assert (seen["verdict"], seen["summary"], seen["private_note"]) == ("satisfactory", "The build went well.", "")


async def test_after_a_withdrawal_nothing_is_evaluated(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    items = (await mentee.get(f"/v1/applications/{id}/evaluations")).json()["items"]
    await mentee.post(f"/v1/applications/{id}/withdraw")
    late = await scene.mentor.put(f"/v1/evaluations/{items[0]['id']}", json={"verdict": "satisfactory"})
    assert kinds([late]) == ["409 not-in-this-state"]
