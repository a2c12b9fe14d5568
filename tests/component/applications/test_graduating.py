"""From the milestone tasks to the end of a mentorship, good or bad."""

import asyncio
from typing import Any

import httpx
import pytest

from contracts.applications import TaskAssigned
from tests.component.applications.scene import BUILD, Scene, kinds, person, profile, somebody
from tests.support.served import Served

PORT = {"name": "Port", "description": "Port the driver.", "due_on": "2030-05-01"}


async def give(by: httpx.AsyncClient, id: str, **more: Any) -> httpx.Response:
    return await by.post(f"/v1/applications/{id}/tasks", json=PORT, **more)


async def test_a_milestone_task_is_given_worked_on_and_counted_apart_from_the_prerequisites(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()
    id = await scene.active(mentee)

    given = (await give(scene.mentor, id)).json()
    counted = (await mentee.get(f"/v1/applications/{id}")).json()
    await scene.bring_up_to_submitted(mentee, given["id"])
    by_mentee = await mentee.post(f"/v1/tasks/{given['id']}/complete")
    completed = await scene.mentor.post(f"/v1/tasks/{given['id']}/complete")
    after = (await mentee.get(f"/v1/applications/{id}")).json()

    assert (given["kind"], given["name"], given["due_on"], given["status"]) == (
        "milestone",
        "Port",
        "2030-05-01",
        "assigned",
    )
    assert [task["kind"] for task in await scene.tasks(id)] == ["prerequisite", "milestone"]
    assert (counted["open_milestones"], counted["open_prerequisites"]) == (1, 1)
    assert (by_mentee.status_code, completed.json()["status"]) == (403, "completed")
    assert (after["open_milestones"], after["open_prerequisites"]) == (0, 1)
    assert "prerequisites.completed.v1" not in await scene.told(id)
    first, *_ = await served.told(given["id"])
    assert isinstance(first, TaskAssigned)
    assert first.kind == "milestone"


async def test_mentors_and_administrators_give_tasks_to_active_mentees(served: Served):
    scene = await Scene.of(served)
    mentee, stranger, anonymous = await scene.mentee(), await served.caller(somebody()), await served.caller()
    id = await scene.active(mentee)
    pending = await scene.applied()

    answers = [await give(by, id) for by in (scene.admin, scene.mentor, mentee, stranger, anonymous)]

    assert [answer.status_code for answer in answers] == [201, 201, 403, 404, 401]
    assert kinds([await give(scene.admin, pending)]) == ["409 not-in-this-state"]
    assert (await mentee.get(f"/v1/applications/{id}")).json()["open_milestones"] == 2


async def test_a_task_given_again_with_the_same_key_is_one_task(served: Served):
    scene = await Scene.of(served)
    id, headers = await scene.active(await scene.mentee()), {"Idempotency-Key": somebody()}

    answers = await asyncio.gather(*(give(scene.mentor, id, headers=headers) for _ in range(4)))

    assert len({answer.content for answer in answers}) == 1
    assert len(await scene.tasks(id)) == 1


@pytest.mark.parametrize("wrong", [{"name": ""}, {"due_on": "soon"}, {"kind": "prerequisite"}], ids=str)
async def test_a_task_that_is_not_one_is_pointed_at(served: Served, wrong: dict[str, str]):
    scene = await Scene.of(served)
    answer = await scene.admin.post(f"/v1/applications/{somebody()}/tasks", json={**PORT, **wrong})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(wrong))}")


FEEDBACK = {"on_mentor": "Patient.", "on_project": "A lively channel."}


async def evaluations(by: httpx.AsyncClient, id: str) -> dict[str, dict[str, Any]]:
    items = (await by.get(f"/v1/applications/{id}/evaluations")).json()["items"]
    return {item["milestone"]: item for item in items}


async def test_the_mentee_gives_feedback_once_and_its_words_reach_the_administrators_alone(served: Served):
    scene = await Scene.of(served)
    mentee, stranger, anonymous = await scene.mentee(), await served.caller(somebody()), await served.caller()
    id = await scene.active(mentee)
    midterm = (await evaluations(mentee, id))["midterm"]
    place = f"/v1/evaluations/{midterm['id']}"

    refused = [await by.put(f"{place}/feedback", json=FEEDBACK) for by in (scene.admin, scene.mentor, stranger)]
    unknown = await anonymous.put(f"{place}/feedback", json=FEEDBACK)
    given = await mentee.put(f"{place}/feedback", json=FEEDBACK)
    again = await mentee.put(f"{place}/feedback", json=FEEDBACK)
    other = await mentee.put(f"{place}/feedback", json={**FEEDBACK, "on_mentor": "Impatient."})
    recorded = await scene.mentor.put(place, json={"verdict": "satisfactory", "private_note": "Hm."})

    assert [answer.status_code for answer in (*refused, unknown)] == [403, 403, 404, 401]
    assert (given.json()["feedback"]["on_mentor"], again.content) == ("Patient.", given.content)
    assert kinds([other]) == ["409 feedback-given-before"]
    seen = {who: (await evaluations(by, id))["midterm"] for who, by in (("admin", scene.admin), ("mentee", mentee))}
    for item in seen.values():
        assert (item["feedback"]["on_mentor"], item["feedback"]["on_project"]) == tuple(FEEDBACK.values())
    assert (seen["admin"]["private_note"], seen["mentee"]["private_note"]) == ("Hm.", "")
    for item in (recorded.json(), (await evaluations(scene.mentor, id))["midterm"]):
        assert (item["feedback"]["on_mentor"], item["feedback"]["at"]) == ("", given.json()["feedback"]["at"])
    told = await served.told(midterm["id"])
    assert [event.type.split(".")[0] for event in told] == ["evaluation", "feedback", "evaluation"]
    assert not any("Patient" in event.model_dump_json() for event in told)


async def test_there_is_no_feedback_with_the_evaluations_in_between_nor_with_half_the_words(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    items = await evaluations(mentee, await scene.active(mentee))

    between = await mentee.put(f"/v1/evaluations/{items['first']['id']}/feedback", json=FEEDBACK)
    half = await mentee.put(f"/v1/evaluations/{items['final']['id']}/feedback", json={"on_mentor": "Patient."})

    assert kinds([between]) == ["422 no-feedback-here"]
    assert (half.status_code, half.json()["errors"][0]["pointer"]) == (422, "/on_project")


async def prepared(scene: Scene, mentee: httpx.AsyncClient) -> str:
    """Bring a mentee to where only the graduation is left."""
    id = await scene.active(mentee)
    final = (await evaluations(mentee, id))["final"]
    await scene.mentor.put(f"/v1/evaluations/{final['id']}", json={"verdict": "satisfactory"})
    answer = await mentee.put(f"/v1/evaluations/{final['id']}/feedback", json=FEEDBACK)
    assert answer.status_code == 200, answer.text
    return id


async def graduate(by: httpx.AsyncClient, id: str) -> httpx.Response:
    return await by.post(f"/v1/applications/{id}/graduate")


async def test_who_is_not_ready_learns_all_that_is_missing_and_graduates_once_it_is_there(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    task = (await give(scene.admin, id)).json()

    early = await graduate(scene.admin, id)
    await scene.bring_up_to_submitted(mentee, task["id"])
    await scene.mentor.post(f"/v1/tasks/{task['id']}/complete")
    final = (await evaluations(mentee, id))["final"]
    await scene.mentor.put(f"/v1/evaluations/{final['id']}", json={"verdict": "satisfactory"})
    almost = await graduate(scene.admin, id)
    await mentee.put(f"/v1/evaluations/{final['id']}/feedback", json=FEEDBACK)
    done = await graduate(scene.admin, id)

    assert kinds([early, almost]) == ["409 not-ready-to-graduate"] * 2
    assert early.json()["detail"] == (
        "1 milestone task is not completed. The final evaluation is not recorded. "
        "The mentee has not given feedback with the final evaluation."
    )
    assert almost.json()["detail"] == "The mentee has not given feedback with the final evaluation."
    assert done.json()["status"] == "graduated"
    assert (await scene.told(id))[-1] == "application.graduated.v1"


async def test_a_graduate_keeps_the_place_and_does_not_apply_again(served: Served):
    scene, elsewhere = await Scene.of(served), await Scene.of(served, starts_in=300)
    mentee = await scene.mentee()
    await graduate(scene.admin, await prepared(scene, mentee))

    assert kinds([await scene.accept(await scene.applied())]) == ["409 capacity-reached"]
    assert "graduated already" in (await elsewhere.wish(mentee)).json()["detail"]


async def test_a_task_and_a_graduation_at_the_same_time_do_not_pass_each_other_by(served: Served):
    scene = await Scene.of(served, capacity=3)
    for mentee in await scene.mentees(3):
        id = await prepared(scene, mentee)
        given, graduated = await asyncio.gather(give(scene.mentor, id), graduate(scene.admin, id))
        assert kinds([given, graduated]) in (
            ["200", "409 not-in-this-state"],
            ["200", "409 not-ready-to-graduate"],
        )
        assert given.is_success is not graduated.is_success


async def test_a_mentorship_fails_with_a_reason_and_its_place_and_person_are_free(served: Served):
    scene, elsewhere = await Scene.of(served), await Scene.of(served, starts_in=300)
    mentee = await scene.mentee()
    id = await scene.active(mentee)

    unexplained = await scene.admin.post(f"/v1/applications/{id}/fail", json={})
    failed = await scene.admin.post(f"/v1/applications/{id}/fail", json={"reason": "Was never there."})

    assert kinds([unexplained]) == ["422 reason-missing"]
    assert (failed.json()["status"], failed.json()["message"]) == ("failed", "Was never there.")
    last = (await served.told(id))[-1]
    assert (last.type, "never there" in last.model_dump_json()) == ("application.failed.v1", False)
    again = [await scene.accept(await scene.applied()), await elsewhere.accept(await elsewhere.applied(mentee))]
    assert kinds(again) == ["200", "200"]


async def test_an_unsatisfactory_evaluation_is_reason_enough(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    midterm = (await evaluations(mentee, id))["midterm"]
    await scene.mentor.put(f"/v1/evaluations/{midterm['id']}", json={"verdict": "unsatisfactory"})

    failed = await scene.admin.post(f"/v1/applications/{id}/fail", json={})

    assert failed.json()["message"] == "The midterm evaluation is unsatisfactory."


@pytest.mark.parametrize("way", ["graduate", "fail"])
async def test_administrators_alone_end_a_mentorship(served: Served, way: str):
    scene = await Scene.of(served)
    mentee, stranger, anonymous = await scene.mentee(), await served.caller(somebody()), await served.caller()
    place = f"/v1/applications/{await prepared(scene, mentee)}/{way}"
    body = {"reason": "Was never there."} if way == "fail" else None

    callers = (anonymous, stranger, mentee, scene.mentor, scene.admin, scene.admin)
    answers = [(await by.post(place, json=body)).status_code for by in callers]

    assert answers == [401, 404, 403, 403, 200, 409]


async def test_an_administrator_takes_an_active_mentee_out_with_a_reason_that_the_mentee_reads(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    place = f"/v1/applications/{await scene.active(mentee)}"

    by_mentor = await scene.mentor.post(f"{place}/withdraw", json={"reason": "Moved away."})
    unexplained = await scene.admin.post(f"{place}/withdraw")
    taken_out = await scene.admin.post(f"{place}/withdraw", json={"reason": "Moved away."})
    seen = (await mentee.get(place)).json()

    assert kinds([by_mentor, unexplained, taken_out]) == ["200", "403 not-allowed", "422 reason-missing"]
    assert (seen["status"], seen["message"]) == ("withdrawn", "Moved away.")
    assert kinds([await scene.accept(await scene.applied())]) == ["200"]


@pytest.mark.parametrize(
    ("body", "found"), [(b'{"reason": 1}', (422, "/reason")), (b'{"why": "x"}', (422, "/why")), (b"{", (400, "/"))]
)
async def test_a_withdrawal_that_is_not_one_is_pointed_at(served: Served, body: bytes, found: tuple[int, str]):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    place = f"/v1/applications/{await scene.applied(mentee)}/withdraw"
    answer = await mentee.post(place, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == found


async def test_the_history_tells_who_did_what_to_those_whom_it_concerns(served: Served):
    scene = await Scene.of(served)
    account = somebody()
    await served.hears(profile(account), person(account, "Mira Diaz"), person(scene.admin_id, "Ada Kern"))
    mentee, stranger, anonymous = await served.caller(account), await served.caller(somebody()), await served.caller()
    id = await prepared(scene, mentee)
    await graduate(scene.admin, id)
    place = f"/v1/applications/{id}/history"

    to_admin = (await scene.admin.get(place)).json()["items"]
    to_mentee = (await mentee.get(place)).json()["items"]
    refused = [(await by.get(place)).status_code for by in (scene.mentor, stranger, anonymous)]

    assert [entry["what"] for entry in to_admin] == [entry["what"] for entry in to_mentee]
    assert {entry["what"]: entry["who"] for entry in to_admin} == {
        "applied": "Mira Diaz",
        "noted that all prerequisites are completed": "The system",
        "accepted the application": "You",
        "signed the participation agreement; the mentorship began": "Mira Diaz",
        "recorded the final evaluation: satisfactory": "A mentor",
        "gave feedback with the final evaluation": "Mira Diaz",
        "let the mentee graduate": "You",
    }
    assert {entry["who"] for entry in to_mentee} == {"You", "The system", "An administrator", "A mentor"}
    assert {entry["by"] for entry in to_mentee} == {None, account}
    assert refused == [403, 404, 401]
