"""Tasks with files, for one or for all, edited and reminded of: through HTTP, the store and the mailbox."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from deploy.local.platform import Platform
from services.applications.domain.task import LARGEST_FILE
from tests.component.applications.scene import BUILD, DAY, Clock, Scene, address, kinds, now, somebody
from tests.support.mailed import mailed
from tests.support.served import Served
from tests.support.waiting import eventually

PDF = b"%PDF-1.7\n" + bytes(300_000)
WITH_A_FILE = {**BUILD, "file_required": True}
PORT = {"name": "Port", "description": "Port the driver."}


async def put(by: httpx.AsyncClient, task: str, content: bytes = PDF, name: str = "patch.pdf") -> httpx.Response:
    return await by.put(f"/v1/tasks/{task}/file", params={"name": name}, content=content)


async def contents(served: Served) -> set[str]:
    return {document["_id"] for document in await served.service.store.database["files"].find({})}


async def test_a_required_file_is_sent_handed_in_read_by_the_projects_people_and_kept(served: Served):
    scene = await Scene.of(served, prerequisites=(WITH_A_FILE,))
    mentee = await scene.mentee()
    (task,) = await scene.tasks(await scene.applied(mentee))
    place = f"/v1/tasks/{task['id']}"

    await mentee.post(f"{place}/start")
    without = await mentee.post(f"{place}/submit", json={"text": "Done."})
    sent = await put(mentee, task["id"], name="Über patch.exe")
    submitted = await mentee.post(f"{place}/submit", json={})
    late = await put(mentee, task["id"])

    assert (task["file_required"], kinds([without])) == (True, ["422 file-missing"])
    told = {"name": "Über patch.exe.pdf", "kind": "application/pdf", "size": len(PDF)}
    assert sent.json()["file"].items() >= told.items()
    assert (submitted.json()["status"], kinds([late])) == ("submitted", ["409 not-in-this-state"])
    for by in (mentee, scene.mentor, scene.admin):
        read = await by.get(f"{place}/file")
        assert (read.status_code, read.content) == (200, PDF)
    assert read.headers["content-type"] == "application/pdf"
    assert read.headers["content-disposition"] == (
        "attachment; filename=\"_ber patch.exe.pdf\"; filename*=UTF-8''%C3%9Cber%20patch.exe.pdf"
    )
    assert (read.headers["x-content-type-options"], read.headers["cache-control"]) == ("nosniff", "private, no-store")


async def test_a_file_is_private(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee, other = await scene.mentees(2)
    stranger, anonymous = await served.caller(somebody()), await served.caller()
    (task,) = await scene.tasks(await scene.applied(mentee))
    before = await contents(served)

    put_by = [(await put(by, task["id"])).status_code for by in (scene.admin, scene.mentor, other, stranger, anonymous)]
    missing = await mentee.get(f"/v1/tasks/{task['id']}/file")
    left = await contents(served) - before
    await put(mentee, task["id"])
    read_by = [(await by.get(f"/v1/tasks/{task['id']}/file")).status_code for by in (other, stranger, anonymous)]
    taken_by = [(await by.delete(f"/v1/tasks/{task['id']}/file")).status_code for by in (scene.admin, stranger, mentee)]

    assert (put_by, read_by, taken_by) == ([403, 403, 404, 404, 401], [404, 404, 401], [403, 404, 200])
    assert (kinds([missing]), left) == (["404 no-file"], set())
    assert (await mentee.get(f"/v1/tasks/{task['id']}")).json()["file"] is None


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"MZ\x90\x00" + bytes(100), "patch.pdf", "415 kind-refused"),
        (b"\xff\xfe", "notes.txt", "415 kind-refused"),
        (b"", "patch.pdf", "422 file-empty"),
        (b"%PDF-" + bytes(LARGEST_FILE), "patch.pdf", "413 body-too-large"),
    ],
    ids=["a program", "no UTF-8", "nothing", "too much"],
)
async def test_what_is_no_file_of_these_kinds_is_refused_and_not_kept(
    served: Served, content: bytes, name: str, kind: str
):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()
    (task,) = await scene.tasks(await scene.applied(mentee))
    before = await contents(served)
    try:
        assert kinds([await put(mentee, task["id"], content, name)]) == [kind]
    except httpx.TransportError:
        assert len(content) > LARGEST_FILE  # who will not read a body may hang up on it
    assert await contents(served) == before


async def test_the_largest_file_comes_back_as_it_went(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()
    (task,) = await scene.tasks(await scene.applied(mentee))
    content = b"%PDF-1.7\n" + bytes(LARGEST_FILE - 9)
    assert (await put(mentee, task["id"], content)).json()["file"]["size"] == LARGEST_FILE
    assert (await scene.mentor.get(f"/v1/tasks/{task['id']}/file")).content == content


async def test_of_files_sent_at_once_one_stays_and_the_replaced_are_swept_away(served: Served, clock: Clock):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()
    (task,) = await scene.tasks(await scene.applied(mentee))
    before = await contents(served)

    sent = [b"# %d\n" % number for number in range(6)]
    answers = await asyncio.gather(*(put(mentee, task["id"], each, "notes.md") for each in sent))
    read = (await mentee.get(f"/v1/tasks/{task['id']}/file")).content
    kept = await contents(served) - before
    with clock.put_forward(timedelta(minutes=70)):
        while await served.service.data.files.sweep(clock()):
            pass
    left = await contents(served) - before

    assert (kinds(list(answers)), read in sent) == (["200"] * 6, True)
    assert (len(kept), len(left)) == (6, 1)
    assert (await scene.mentor.get(f"/v1/tasks/{task['id']}/file")).content == read


async def give_all(by: httpx.AsyncClient, term: str, **more: Any) -> httpx.Response:
    return await by.post("/v1/tasks", json={**PORT, "term_id": term}, **more)


async def test_a_task_for_all_reaches_every_active_mentee_once(served: Served, platform: Platform):
    scene = await Scene.of(served, capacity=3)
    mentees = await scene.mentees(3)
    active = [await scene.active(mentee) for mentee in mentees[:2]]
    pending = await scene.applied(mentees[2])
    key = {"Idempotency-Key": somebody()}

    given, again = [await give_all(scene.mentor, scene.term_id, headers=key) for _ in range(2)]

    assert (given.status_code, again.content) == (201, given.content)
    assert [len(await scene.tasks(id)) for id in (*active, pending)] == [1, 1, 0]
    for id in active:
        application = (await scene.admin.get(f"/v1/applications/{id}")).json()
        assert application["open_milestones"] == 1
        (mail,) = await mailed(platform, address(application["mentee_id"]), "a task for you")
        assert "“Port”" in mail["subject"]
        assert f"/v1/tasks/{(await scene.tasks(id))[0]['id']}" in mail["text"]


async def test_only_the_projects_people_give_tasks_to_all_and_only_where_somebody_is_active(served: Served):
    scene = await Scene.of(served)
    mentee, stranger, anonymous = await scene.mentee(), await served.caller(somebody()), await served.caller()
    nobody = await give_all(scene.admin, scene.term_id)
    await scene.active(mentee)
    answers = [await give_all(by, scene.term_id) for by in (scene.admin, scene.mentor, mentee, stranger, anonymous)]
    unknown = await give_all(scene.admin, somebody())
    assert [answer.status_code for answer in answers] == [201, 201, 403, 403, 401]
    assert kinds([nobody, unknown]) == ["409 not-in-this-state", "409 not-yet-known"]


async def test_a_task_is_edited_by_those_who_give_it(served: Served):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee, stranger = await scene.mentee(), await served.caller(somebody())
    (task,) = await scene.tasks(await scene.applied(mentee))
    place, patch = f"/v1/tasks/{task['id']}", {"name": "Build twice", "due_on": None}

    answers = [await by.patch(place, json=patch) for by in (stranger, mentee, scene.mentor)]
    stale = await scene.admin.patch(place, json={"name": "X"}, headers={"If-Match": f'"{task["version"]}"'})
    wrong = await scene.admin.patch(place, json={"status": "completed"})

    assert [answer.status_code for answer in answers] == [404, 403, 200]
    edited = answers[-1].json()
    assert (edited["name"], edited["description"], edited["due_on"]) == ("Build twice", BUILD["description"], None)
    assert (stale.status_code, wrong.status_code) == (412, 422)
    assert (await scene.told(task["id"]))[-1] == "task.edited.v1"


async def test_a_returned_task_is_mailed_with_its_comment(served: Served, platform: Platform):
    scene = await Scene.of(served, prerequisites=(BUILD,))
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    (task,) = await scene.tasks(id)
    await scene.bring_up_to_submitted(mentee, task["id"])
    back = [await scene.mentor.post(f"/v1/tasks/{task['id']}/return", json={"comment": "Say more."}) for _ in range(2)]

    mentee_id = (await mentee.get(f"/v1/applications/{id}")).json()["mentee_id"]
    (mail,) = await mailed(platform, address(mentee_id), "needs more work")
    assert kinds(back) == ["200", "409 not-in-this-state"]
    assert "Say more." in mail["text"]


async def test_the_mentee_is_reminded_before_the_day_and_on_it_and_not_once_it_is_done(
    served: Served, platform: Platform, clock: Clock
):
    due = (now() + 10 * DAY).date()
    scene = await Scene.of(
        served,
        prerequisites=({**BUILD, "due_on": due.isoformat()}, {**BUILD, "name": "Done", "due_on": due.isoformat()}),
    )
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    tasks = await scene.tasks(id)
    done = next(task for task in tasks if task["name"] == "Done")
    await scene.bring_up_to_submitted(mentee, done["id"])
    to = address((await mentee.get(f"/v1/applications/{id}")).json()["mentee_id"])

    with clock.put_forward(8 * DAY):
        (ahead,) = await mailed(platform, to, f"is due on {due}")
    with clock.put_forward(11 * DAY):
        (today,) = await mailed(platform, to, "is due today")
        documents = served.service.store.database["tasks"]
        await eventually(lambda: nothing_due(served, clock), what="all reminded")

    assert "Build" in ahead["subject"]
    assert "Build" in today["subject"]
    assert "reminds_at" not in (await documents.find_one({"_id": done["id"]}) or {})
    assert len(await mailed(platform, to, "is due")) == 2


async def nothing_due(served: Served, clock: Clock) -> bool:
    return await served.service.data.tasks.next_to_remind(clock()) is None
