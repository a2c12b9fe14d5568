"""Evaluations as they come due: reminded of, escalated, moved by an extension, given another chance."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from contracts.applications import ApplicationExtended
from deploy.local.platform import Platform
from tests.component.applications.scene import DAY, Clock, Scene, address, kinds, now, person, project, somebody
from tests.support.mailed import mailed
from tests.support.served import Served
from tests.support.waiting import eventually

FEEDBACK = {"on_mentor": "Patient.", "on_project": "Lively."}


async def evaluations(by: httpx.AsyncClient, id: str) -> dict[str, dict[str, Any]]:
    items = (await by.get(f"/v1/applications/{id}/evaluations")).json()["items"]
    return {item["milestone"] + ("*" if item["reevaluates"] else ""): item for item in items}


async def mentee_of(by: httpx.AsyncClient, id: str) -> str:
    return str((await by.get(f"/v1/applications/{id}")).json()["mentee_id"])


async def known(scene: Scene) -> None:
    """Make the project's people reachable by mail."""
    await scene.served.hears(person(scene.admin_id, "Ada Kern"), person(scene.mentor_id, "Mo Berg"))


def ahead_of(day: str, days: int) -> timedelta:
    """Say how far the noon of so many days after a day lies ahead, and a little more."""
    noon = datetime.fromisoformat(f"{day}T12:00:00Z") + days * DAY
    return noon - now() + timedelta(minutes=1)


async def settled(served: Served, clock: Clock) -> None:
    async def nothing_due() -> bool:
        return await served.service.data.evaluations.next_to_remind(clock()) is None

    await eventually(nothing_due, what="all reminded")


async def posted(served: Served, subject: str) -> int:
    return await served.service.store.database["mails"].count({"subject": {"$regex": subject}})


async def test_reminders_reach_those_whose_turn_it_is_and_a_week_late_the_administrators(
    served: Served, platform: Platform, clock: Clock
):
    scene = await Scene.of(served)
    await known(scene)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    midterm = (await evaluations(mentee, id))["midterm"]
    mo, ada, mira = address(scene.mentor_id), address(scene.admin_id), address(await mentee_of(mentee, id))

    said: dict[int, tuple[str, str]] = {
        -7: ("is due on", "is due on"),
        0: ("is due today", "is due today"),
        3: ("is late", "is late"),
    }
    for days, (to_mentor, to_mentee) in said.items():
        with clock.put_forward(ahead_of(midterm["due_on"], days)):
            (mail,) = await mailed(platform, mo, f"the midterm evaluation of Mira Diaz {to_mentor}")
            await mailed(platform, mira, f"your feedback {to_mentee}")
            await settled(served, clock)
    assert f"/v1/evaluations/{midterm['id']}" in mail["text"]
    assert "evaluation.escalated.v1" not in await scene.told(midterm["id"])

    with clock.put_forward(ahead_of(midterm["due_on"], 7)):
        (escalated,) = await mailed(platform, ada, "the midterm evaluation of Mira Diaz is a week late")
        await settled(served, clock)
        recorded = await scene.admin.put(f"/v1/evaluations/{midterm['id']}", json={"verdict": "satisfactory"})
    assert "you can do so instead" in escalated["text"]
    assert (await scene.told(midterm["id"]))[1:] == ["evaluation.escalated.v1", "evaluation.recorded.v1"]
    assert recorded.json()["recorded_by"] == scene.admin_id
    assert len(await mailed(platform, mo, "midterm evaluation")) == 3
    assert len(await mailed(platform, mira, "your feedback")) == 3
    assert len(await mailed(platform, mira, "your midterm evaluation is there")) == 1


async def test_what_is_done_or_over_is_not_reminded_of(served: Served, clock: Clock):
    scene = await Scene.of(served, capacity=2)
    await known(scene)
    done, gone = await scene.mentees(2)
    done_id, gone_id = await scene.active(done), await scene.active(gone)
    midterms = [(await evaluations(scene.mentor, id))["midterm"] for id in (done_id, gone_id)]
    await scene.mentor.put(f"/v1/evaluations/{midterms[0]['id']}", json={"verdict": "satisfactory"})
    await done.put(f"/v1/evaluations/{midterms[0]['id']}/feedback", json=FEEDBACK)
    await gone.post(f"/v1/applications/{gone_id}/withdraw")
    before = await posted(served, "midterm evaluation of")

    with clock.put_forward(ahead_of(midterms[0]["due_on"], 9)):
        await settled(served, clock)

    assert await posted(served, "midterm evaluation of") == before
    told = [await scene.told(midterm["id"]) for midterm in midterms]
    assert not any("evaluation.escalated.v1" in events for events in told)


async def test_answers_to_the_projects_questions_are_shown_as_the_project_says(served: Served, platform: Platform):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    asked = (
        {"id": "progress", "text": "How is the progress?", "shown": True},
        {"id": "worries", "text": "What worries you?", "shown": False},
    )
    asking = {"mentors": (scene.mentor_id,), "evaluation_questions": asked, "sequence": 2}
    await served.hears(project(scene.project_id, admin=scene.admin_id, **asking))
    place = f"/v1/evaluations/{(await evaluations(mentee, id))['midterm']['id']}"
    said = {"verdict": "satisfactory", "answers": {"progress": "Good.", "worries": "The tests."}}

    unknown = await scene.mentor.put(place, json={**said, "answers": {"height": "Tall."}})
    before = (await mentee.get(place)).json()
    recorded = await scene.mentor.put(place, json=said)
    again = await scene.mentor.put(place, json=said)
    seen = {by: [each["text"] for each in (await by.get(place)).json()["answers"]] for by in (mentee, scene.admin)}

    assert (kinds([unknown]), before["answers"], before["verdict"]) == (["422 question-unknown"], [], None)
    assert [each["question"] for each in recorded.json()["answers"]] == ["How is the progress?", "What worries you?"]
    assert again.content == recorded.content
    assert (seen[mentee], seen[scene.admin]) == (["Good."], ["Good.", "The tests."])
    (mail,) = await mailed(platform, address(await mentee_of(mentee, id)), "your midterm evaluation is there")
    assert "Good." not in mail["text"]


async def test_an_extension_moves_what_is_ahead_and_its_reminders(served: Served, platform: Platform, clock: Clock):
    scene = await Scene.of(served)
    await known(scene)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    before = await evaluations(mentee, id)
    due = (now() + 30 * DAY).date()
    task = (
        await scene.mentor.post(
            f"/v1/applications/{id}/tasks", json={"name": "Port", "description": "Port.", "due_on": due.isoformat()}
        )
    ).json()
    place, half_way = f"/v1/applications/{id}/extend", ahead_of(before["first"]["due_on"], 0)

    refused = [await by.post(place, json={"weeks": 2}) for by in (scene.mentor, mentee)]
    with clock.put_forward(half_way):
        extended = await scene.admin.post(place, json={"weeks": 2})
        (mail,) = await mailed(platform, address(scene.mentor_id), "the mentorship was extended by 2 weeks")
        await settled(served, clock)
    too_long = await scene.admin.post(place, json={"weeks": 4})
    wrong = await scene.admin.post(place, json={"weeks": 6})
    after = await evaluations(mentee, id)

    assert kinds(refused) == ["403 not-allowed"] * 2
    assert (extended.json()["extended_weeks"], kinds([too_long, wrong])) == (
        2,
        ["422 extension-too-long", "422 invalid"],
    )
    moved = {
        name: date.fromisoformat(after[name]["due_on"]) - date.fromisoformat(before[name]["due_on"]) for name in before
    }
    two_weeks = timedelta(weeks=2)
    assert moved == {"first": timedelta(0), "midterm": two_weeks, "third": two_weeks, "final": two_weeks}
    assert (await mentee.get(f"/v1/tasks/{task['id']}")).json()["due_on"] == due.isoformat()
    assert f"/v1/applications/{id}" in mail["text"]
    told = await served.told(id)
    assert isinstance(told[-1], ApplicationExtended)
    assert (told[-1].weeks, told[-1].extended_weeks) == (2, 2)

    stored = served.service.store.database["evaluations"]
    midterm = await stored.find_one({"_id": after["midterm"]["id"]})
    assert midterm is not None
    assert midterm["reminds_at"].date() == date.fromisoformat(after["midterm"]["due_on"]) - 7 * DAY
    history = (await mentee.get(f"/v1/applications/{id}/history")).json()["items"]
    assert "extended the mentorship by 2 weeks" in [entry["what"] for entry in history]


async def test_an_unsatisfactory_midterm_is_given_one_more_chance(served: Served, platform: Platform):
    scene = await Scene.of(served)
    await known(scene)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    items = await evaluations(mentee, id)
    place, later = f"/v1/evaluations/{items['midterm']['id']}/reevaluate", (now() + 60 * DAY).date().isoformat()

    early = await scene.admin.post(place, json={"due_on": later})
    await scene.mentor.put(f"/v1/evaluations/{items['midterm']['id']}", json={"verdict": "unsatisfactory"})
    refused = [await by.post(place, json={"due_on": later}) for by in (scene.mentor, mentee)]
    past = await scene.admin.post(place, json={"due_on": "2026-01-01"})
    chance = await scene.admin.post(place, json={"due_on": later})
    second = await scene.admin.post(place, json={"due_on": later})
    other = (await evaluations(mentee, id))["midterm*"]
    recorded = await scene.mentor.put(f"/v1/evaluations/{other['id']}", json={"verdict": "satisfactory"})

    assert kinds([early, second]) == ["409 no-second-chance"] * 2
    assert kinds([*refused, past]) == ["403 not-allowed", "403 not-allowed", "422 day-past"]
    assert (chance.status_code, chance.json()["id"], other["due_on"]) == (201, other["id"], later)
    assert recorded.json()["verdict"] == "satisfactory"
    assert await scene.told(other["id"]) == ["evaluation.scheduled.v1", "evaluation.recorded.v1"]
    for to in (await mentee_of(mentee, id), scene.mentor_id):
        (mail,) = await mailed(platform, address(to), "is done once more")
        assert f"/v1/evaluations/{other['id']}" in mail["text"]


async def test_an_evaluation_is_read_by_those_whom_it_concerns(served: Served):
    scene = await Scene.of(served)
    mentee, stranger, anonymous = await scene.mentee(), await served.caller(somebody()), await served.caller()
    place = f"/v1/evaluations/{(await evaluations(mentee, await scene.active(mentee)))['final']['id']}"
    answers = [await by.get(place) for by in (scene.admin, scene.mentor, mentee, stranger, anonymous)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 401]


async def test_several_that_remind_at_once_remind_once(served: Served, platform: Platform, clock: Clock):
    scene = await Scene.of(served)
    await known(scene)
    mentee = await scene.mentee()
    midterm = (await evaluations(mentee, await scene.active(mentee)))["midterm"]
    data, late = served.service.data, ahead_of(midterm["due_on"], 8)
    while await data.remind_of_evaluation(clock() + late - 8 * DAY):
        pass
    before = await posted(served, "is a week late")

    looked = await asyncio.gather(*(data.remind_of_evaluation(clock() + late) for _ in range(8)))
    while await data.remind_of_evaluation(clock() + late):
        pass

    assert any(looked)
    assert (await scene.told(midterm["id"])).count("evaluation.escalated.v1") == 1
    assert len(await mailed(platform, address(scene.admin_id), "is a week late")) == 1
    assert await posted(served, "is a week late") == before + 1
