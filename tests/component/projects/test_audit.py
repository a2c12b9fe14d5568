"""What people do, are refused and are shown is noted; and what cannot be noted is not shown to staff."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.chassis.auditing import Auditor
from services.chassis.mongo import Document
from services.projects import app as rooms
from tests.component.projects.scene import Scene, submitted
from tests.support.explained import explained
from tests.support.exported import erased, exported
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def served(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def note_of(served: Served, client: Any, method: str, path: str, **said: Any) -> tuple[int, list[Document]]:
    """Ask, and give what was noted of that very request."""
    id = str(uuid7())
    answer = await client.request(method, path, headers={"X-Request-Id": id}, **said)
    return answer.status_code, await served.service.store.audit.notes.find({"request_id": id})


@asynccontextmanager
async def full(served: Served) -> AsyncIterator[None]:
    """Let the store take no note any more, and everything else."""
    database = served.service.store.database._database
    await database.command("collMod", "audit", validator={"_id": "none"})
    try:
        yield
    finally:
        await database.command("collMod", "audit", validator={})


async def test_a_command_a_refusal_and_what_staff_read_are_each_noted_once(served: Served):
    scene = await submitted(served)
    owner, stranger = scene.owner, await served.caller(other := str(uuid7()))

    status, (changed,) = await note_of(served, owner.client, "POST", "/v1/projects", json={"name": f"K {uuid7()}"})
    assert (status, changed["outcome"], changed["action"]) == (201, "done", "add")
    assert (changed["actor"], changed["said"]["address"]["text"]) == (owner.id, "127.0.0.0/24")

    status, (unseen,) = await note_of(served, stranger, "GET", scene.place)
    assert (status, unseen["outcome"], unseen["subject"]) == (404, "refused", scene.place)
    assert (unseen["action"], unseen["actor"], unseen["concerns"]) == ("read_project", other, [other])
    assert "There is no project" in unseen["said"]["reason"]["text"]

    status, (refused,) = await note_of(served, owner.client, "POST", f"{scene.place}/publish")
    assert (status, refused["outcome"], refused["action"]) == (403, "refused", "publish_project")

    status, (read,) = await note_of(served, scene.staff, "GET", f"{scene.place}?")
    assert (status, read["outcome"], read["roles"]) == (200, "read", ["staff"])
    assert owner.id in read["concerns"], "whose project it is can know who looked"

    assert await note_of(served, owner.client, "GET", scene.place) == (200, [])
    assert await note_of(served, scene.anybody, "GET", f"/v1/projects/{uuid7()}") == (404, [])


async def test_a_list_is_noted_with_all_whom_it_is_about_and_a_stream_before_it_begins(served: Served):
    scenes = [await submitted(served) for _ in range(2)]
    staff = scenes[0].staff
    status, notes = await note_of(served, staff, "GET", "/v1/projects", params={"status": "submitted", "limit": 100})
    assert status == 200
    assert {scene.owner.id for scene in scenes} <= {id for note in notes for id in note["concerns"]}
    async with staff.stream("GET", "/v1/projects/stream", headers={"X-Request-Id": (id := str(uuid7()))}) as answer:
        assert answer.status_code == 200
        (begun,) = await served.service.store.audit.notes.find({"request_id": id})
        assert begun["action"] == "stream_changes"


async def test_what_cannot_be_noted_is_not_shown_and_not_changed_but_still_refused(platform: Platform, issuer: Issuer):
    async with serving(rooms, platform, issuer) as served:
        scene: Scene = await submitted(served)
        before = (await scene.owner.client.get(scene.place)).json()
        async with full(served):
            read = await scene.staff.get(scene.place)
            assert (read.status_code, read.json()["type"]) == (503, "/problems/reading-not-noted")
            assert before["name"] not in read.text
            assert (await scene.owner.client.get(scene.place)).status_code == 200, "who has no role reads on"
            assert (await scene.owner.client.post(f"{scene.place}/publish")).status_code == 403
            assert (await scene.owner.client.post("/v1/projects", json={"name": "Untold"})).status_code >= 500
        assert await served.service.store.database["projects"].count({"name": "Untold"}) == 0
        assert (await scene.staff.get(scene.place)).status_code == 200


async def test_each_reads_their_own_part_page_by_page_and_nobody_elses(served: Served):
    scene = await submitted(served)
    await scene.staff.get(scene.place)
    await scene.owner.client.post(f"{scene.place}/publish")  # which is for staff

    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    async with explained(served.service.store.database):
        while True:
            page = (await scene.owner.client.get("/v1/projects/audit", params={"limit": 2, **cursor})).json()
            items += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}

    assert [item["id"] for item in items] == sorted({item["id"] for item in items}, reverse=True)
    refused, read = items[0], items[1]
    assert (refused["by"], refused["outcome"], refused["action"]) == ("you", "refused", "publish_project")
    assert (refused["address"], bool(refused["reason"])) == ("127.0.0.0/24", True)
    assert (read["by"], read["outcome"], read["subject"]) == ("staff", "read", scene.place)
    assert (read["address"], read["reason"], read["client"]) == (None, None, None), "theirs is not shown"
    assert ("you", "add") in {(item["by"], item["action"]) for item in items}
    stranger = await served.caller(str(uuid7()))
    assert (await stranger.get("/v1/projects/audit")).json() == {"items": [], "next_cursor": None}


async def test_a_person_gets_their_part_with_the_export_and_takes_words_and_addresses_along(served: Served):
    scene = await submitted(served)
    await scene.owner.client.post(f"{scene.place}/publish")
    part, _ = await exported(served, scene.owner.id)
    assert {"add", "publish_project"} <= {note["action"] for note in part["audit"]}
    trail = served.service.store.audit
    assert any(note["said"] for note in await trail.notes.find({"actor": scene.owner.id}))

    await served.hears(erased(scene.owner.id))

    async def empty() -> bool:
        theirs = await trail.notes.find({"actor": scene.owner.id})
        return bool(theirs) and not any(note.get("said") for note in theirs)

    await eventually(empty, what="the forgetting")
    while await trail.work():
        pass
    found = await Auditor(served.service.store.database, trail).verify()
    assert (found.fault, found.forgotten > 0) == (None, True)
