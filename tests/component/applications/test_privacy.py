"""What applications tells a person of what it holds on them, and what is left when they are gone."""

import json
from typing import Any

from tests.component.applications.scene import READ, Scene, confirm, funding, now, person, profile, somebody
from tests.support.exported import erased, exported, traces
from tests.support.served import Served
from tests.support.waiting import eventually

STATEMENT = "I, Mira Diaz, want to learn how pages are swapped."


async def test_a_person_is_told_all_that_is_theirs_and_nothing_of_others(served: Served):
    scene, mira = await Scene.of(served, prerequisites=(READ,)), somebody()
    await served.hears(profile(mira), person(mira, "Mira Diaz"))
    me = await served.caller(mira)
    id = (await scene.wish(me, statement=STATEMENT)).json()["id"]
    (task,) = await scene.tasks(id)
    await scene.bring_up_to_submitted(me, task["id"])
    review = {"rating": 4, "note": "A bit loud, says Mo.", "conflict_of_interest": False}
    assert (await scene.mentor.put(f"/v1/applications/{id}/review", json=review)).status_code == 200

    part, pieces = await exported(served, mira)
    (application,) = part["applications"]
    assert (application["statement"], application["id"]) == (STATEMENT, id)
    assert application["tasks"][0]["submission"]["text"] == "Done."
    assert part["mentee"]["country"] == "DE"
    said = json.dumps(part)
    assert [word for word in ("A bit loud", scene.mentor_id, scene.admin_id, "reviewer") if word in said] == []
    assert STATEMENT not in pieces[0].content


async def test_a_reviewer_is_told_that_they_reviewed_and_not_what_they_wrote_of_another(served: Served):
    scene = await Scene.of(served)
    id = await scene.applied()
    review = {"rating": 4, "note": "Mira is quick.", "conflict_of_interest": False}
    await scene.mentor.put(f"/v1/applications/{id}/review", json=review)
    part, _ = await exported(served, scene.mentor_id)
    assert [given["rating"] for given in part["reviews_given"]] == [4]
    assert "quick" not in json.dumps(part)


async def test_who_is_not_known_is_answered_too(served: Served):
    part, _ = await exported(served, somebody())
    assert part == {
        "mentee": None,
        "applications": [],
        "drafts": [],
        "certificates": [],
        "referrals": [],
        "audit": [],
        "reviews_given": [],
    }


async def test_what_a_part_weighs_comes_in_pieces_that_the_bus_carries(served: Served):
    scene, mira = await Scene.of(served), somebody()
    await served.hears(profile(mira), person(mira, "Mira Diaz"))
    me = await served.caller(mira)
    id = (await scene.wish(me, statement=STATEMENT)).json()["id"]
    tasks = served.service.data.tasks
    large = {"text": "sail " * 100_000, "links": (), "at": now()}
    for number in range(3):
        row = {"_id": somebody(), "application_id": id, "mentee_id": mira, "kind": "milestone", "name": f"{number}"}
        row |= {"description": "", "due_on": None, "status": "submitted", "submission": large, "version": 1}
        await tasks.documents.insert(row)
    part, pieces = await exported(served, mira)
    assert len(pieces) == 3
    assert max(len(piece.model_dump_json()) for piece in pieces) < 900 * 1024
    assert len(part["applications"][0]["tasks"]) == 3


async def test_nothing_personal_is_left_and_decisions_stay(served: Served):
    scene, mira, name = await Scene.of(served, prerequisites=(READ,)), somebody(), "Miranda Quist"
    await served.hears(profile(mira), person(mira, name))
    me = await served.caller(mira)
    wish = {"statement": f"I am {name}.", "availability": f"{name} has evenings."}
    id = (await scene.wish(me, **wish)).json()["id"]
    (task,) = await scene.tasks(id)
    sent = await me.put(f"/v1/tasks/{task['id']}/file", content=name.encode(), params={"name": "quist.txt"})
    assert sent.status_code == 200, sent.text
    await me.post(f"/v1/tasks/{task['id']}/start")
    await me.post(f"/v1/tasks/{task['id']}/submit", json={"text": f"By {name}."})
    note = {"rating": 5, "note": f"{name} is good.", "conflict_of_interest": False}
    await scene.mentor.put(f"/v1/applications/{id}/review", json=note)
    draft = {"statement": f"Draft of {name}"}
    saved = await me.put("/v1/applications/draft", params={"term_id": scene.term_id}, json=draft)
    assert saved.status_code == 200, saved.text

    database = served.service.store.database

    async def mails_are_out() -> bool:
        return await database["mails"].count({"to": {"$regex": mira}}) == 0

    await eventually(mails_are_out, what="mails to her")
    await served.hears(erased(mira))

    await eventually(lambda: _gone(database, mira), within=180, what="the file's end")
    assert await traces(served, name, f"{mira}@") == []
    kept = await served.service.data.applications.get(id)
    assert (kept.status, kept.mentee_id, kept.statement) == ("withdrawn", mira, "")
    assert [step.status for step in kept.history] == ["pending", "withdrawn"]
    assert (await scene.told(id))[-1] == "application.withdrawn.v1"


async def _gone(database: Any, sender: str) -> bool:
    return bool(await database["files"].count({"sender": sender}) == 0)


async def test_others_are_left_as_they_are(served: Served):
    scene, mira = await Scene.of(served), somebody()
    await served.hears(profile(mira), person(mira, "Mira Diaz"))
    other = await scene.applied()
    await scene.wish(await served.caller(mira), statement=STATEMENT)
    before = await served.service.data.applications.get(other)
    await served.hears(erased(mira))
    assert await served.service.data.applications.get(other) == before


async def test_a_mentorship_that_runs_after_all_ends_with_its_mentee(served: Served):
    """Identity holds whoever is in one; this is for what it had not heard yet."""
    scene, mira = await Scene.of(served), somebody()
    await served.hears(profile(mira), person(mira, "Mira Diaz"))
    me = await served.caller(mira)
    id = (await scene.wish(me)).json()["id"]
    await scene.accept(id)
    await served.hears(funding(id))
    await confirm(me, id)
    await served.hears(erased(mira))
    kept = await served.service.data.applications.get(id)
    assert (kept.status, kept.agreement.version, kept.agreement.signature) == ("withdrawn", "2026-01", "")
    assert [each.text for each in kept.answers] == []
