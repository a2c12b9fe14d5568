"""Projects alone: the terms and conditions, changes proposed and reviewed, projects enrolled once more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from contracts.projects import (
    ProjectChangeApproved,
    ProjectChangeProposed,
    ProjectChangeRejected,
    ProjectDrafted,
    ProjectEdited,
    ProjectEvent,
    ProjectSubmitted,
)
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import Scene, problem, published, submitted
from tests.component.projects.test_described import WHOLE
from tests.component.projects.test_enrollment import enrollment, term
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def seen(scene: Scene) -> dict[str, Any]:
    """Give what the public sees."""
    return dict((await scene.anybody.get(scene.place)).json())


def fresh() -> str:
    return f"Linux {uuid7()}"


async def test_everybody_reads_the_terms_and_conditions_and_which_are_in_force(projects: Served):
    answer = await (await projects.caller()).get("/v1/projects/terms-and-conditions")
    versions = answer.json()["items"]
    assert [version["version"] for version in versions if version["in_force"]] == ["2026-01"]
    assert "# Terms and conditions" in versions[0]["text"]


async def test_only_the_version_in_force_is_accepted(projects: Served):
    scene = await submitted(projects)
    await scene.staff.post(f"{scene.place}/reject", json={"reason": "Say more."})

    old = await scene.owner.client.post(f"{scene.place}/submit", json={"accepted_terms_version": "2025-01"})
    new = await scene.owner.client.post(f"{scene.place}/submit", json={"accepted_terms_version": "2026-01"})

    assert (problem(old), "2026-01" in old.json()["detail"]) == ((422, "conditions-not-in-force"), True)
    assert (new.status_code, (await scene.told(scene.id)).count(ProjectSubmitted)) == (200, 2)


async def test_who_accepted_what_and_when_is_shown_to_its_people_and_staff(projects: Served):
    before = datetime.now(UTC)
    scene = await published(projects)

    inside = [(await reader.get(scene.place)).json()["terms_accepted"] for reader in (scene.owner.client, scene.staff)]

    assert [(accepted["by"], accepted["version"]) for accepted in inside] == [(scene.owner.id, "2026-01")] * 2
    assert datetime.fromisoformat(inside[0]["at"]).replace(microsecond=0) >= before.replace(microsecond=0)
    assert (await seen(scene))["terms_accepted"] is None


async def test_a_change_is_proposed_approved_and_only_then_seen(projects: Served):
    scene, name = await published(projects), fresh()
    before = await seen(scene)

    patched = await scene.owner.client.patch(scene.place, json={"name": name, "skills": ["Rust"]})
    waiting = await seen(scene)
    approved = await scene.staff.post(f"{scene.place}/changes/approve")
    after = await seen(scene)

    assert patched.json()["proposed"]["changes"] == {"name": name}
    assert (waiting["name"], waiting["skills"], waiting["proposed"]) == (before["name"], ["Rust"], None)
    assert (after["name"], after["slug"], approved.json()["proposed"]) == (name, before["slug"], None)
    events = (await projects.told(scene.id))[-2:]
    assert [type(event) for event in events] == [ProjectChangeProposed, ProjectChangeApproved]
    assert [event.name for event in events if isinstance(event, ProjectEvent)] == [before["name"], name]


async def test_administrators_and_staff_see_both_pictures(projects: Served):
    scene = await published(projects)
    await scene.owner.client.patch(scene.place, json={"description": "Learn more."})
    for reader in (scene.owner.client, scene.staff):
        shown = (await reader.get(scene.place)).json()
        assert (shown["description"], shown["proposed"]["changes"]) == (
            "Learn to mend the kernel.",
            {"description": "Learn more."},
        )
        assert shown["proposed"]["by"] == scene.owner.id


async def test_rejected_changes_are_gone_and_can_be_proposed_again(projects: Served):
    scene, name = await published(projects), fresh()
    await scene.owner.client.patch(scene.place, json={"name": name})

    rejected = await scene.staff.post(f"{scene.place}/changes/reject", json={"reason": "Keep it."})
    again = await scene.owner.client.patch(scene.place, json={"name": name})

    assert (rejected.json()["proposed"], again.json()["proposed"]["changes"]) == (None, {"name": name})
    assert (await scene.told(scene.id))[-3:] == [ProjectChangeProposed, ProjectChangeRejected, ProjectChangeProposed]


async def test_staff_find_what_waits_for_them_the_longest_first(projects: Served):
    first, second = await published(projects), await submitted(projects)
    third, done = await published(projects), await published(projects)
    for scene in (first, third):
        await scene.owner.client.patch(scene.place, json={"description": "Learn more."})
    await done.owner.client.patch(done.place, json={"description": "Learn more."})
    await done.staff.post(f"{done.place}/changes/approve")

    async def found(reader: httpx.AsyncClient, **more: Any) -> list[str]:
        page = await reader.get("/v1/projects", params={"waiting": True, "limit": 100, **more})
        ours = {scene.id for scene in (first, second, third, done)}
        return [item["id"] for item in page.json()["items"] if item["id"] in ours]

    assert await found(first.staff) == [second.id, first.id, third.id]
    assert await found(first.staff, status="submitted") == [second.id]
    assert await found(first.owner.client) == [first.id]
    assert await found(done.owner.client) == []
    assert problem(await first.anybody.get("/v1/projects", params={"waiting": True})) == (401, "unauthenticated")


async def test_only_staff_decide_on_changes(projects: Served):
    scene = await published(projects)
    await scene.owner.client.patch(scene.place, json={"description": "Learn more."})
    own = await projects.caller(scene.owner.id, "staff")
    answers = {
        "owner": problem(await scene.owner.client.post(f"{scene.place}/changes/approve")),
        "owner on the staff": problem(await own.post(f"{scene.place}/changes/approve")),
        "anybody": problem(await scene.anybody.post(f"{scene.place}/changes/approve")),
    }
    assert answers == {
        "owner": (403, "own-project"),
        "owner on the staff": (403, "own-project"),
        "anybody": (401, "unauthenticated"),
    }


async def test_a_taken_name_is_not_even_proposed(projects: Served):
    scene, other = await published(projects), await published(projects)
    taken = (await seen(other))["name"]

    answer = await scene.owner.client.patch(scene.place, json={"name": taken.upper(), "skills": ["Rust"]})

    shown = (await scene.owner.client.get(scene.place)).json()
    assert (problem(answer), shown["proposed"], shown["skills"]) == ((409, "name-taken"), None, ["C"])


async def test_a_proposed_name_that_was_taken_meanwhile_is_refused_and_nothing_is_lost(projects: Served):
    scene, name = await published(projects), fresh()
    await scene.owner.client.patch(scene.place, json={"name": name, "description": "Learn more."})
    assert (await scene.owner.client.post("/v1/projects", json=enrollment(name=name))).status_code == 201

    answer = await scene.staff.post(f"{scene.place}/changes/approve")

    shown = (await scene.staff.get(scene.place)).json()
    assert (problem(answer), name in answer.json()["detail"]) == ((409, "name-taken"), True)
    assert shown["proposed"]["changes"] == {"name": name, "description": "Learn more."}
    assert (await scene.told(scene.id))[-1] is ProjectChangeProposed


async def test_two_reviewers_at_once_make_one_outcome_and_one_event(projects: Served):
    scene = await published(projects)
    other = await projects.caller(str(uuid7()), "staff")
    await scene.owner.client.patch(scene.place, json={"description": "Learn more."})

    answers = await asyncio.gather(
        scene.staff.post(f"{scene.place}/changes/approve"),
        other.post(f"{scene.place}/changes/reject", json={"reason": "No."}),
        scene.staff.post(f"{scene.place}/changes/approve"),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    decided = await scene.told(scene.id)
    assert decided.count(ProjectChangeApproved) + decided.count(ProjectChangeRejected) == 1


async def test_a_reviewer_who_looked_at_another_version_is_told(projects: Served):
    scene = await published(projects)
    await scene.owner.client.patch(scene.place, json={"description": "One."})
    looked_at = (await scene.staff.get(scene.place)).headers["etag"]
    await scene.owner.client.patch(scene.place, json={"description": "Two."})

    answer = await scene.staff.post(f"{scene.place}/changes/approve", headers={"If-Match": looked_at})

    assert (answer.status_code, (await seen(scene))["description"]) == (412, "Learn to mend the kernel.")


@pytest.mark.parametrize("names", ["one name", "two names of one slug"])
async def test_enrollments_at_once_make_one_project_a_name_and_one_slug_a_project(projects: Served, names: str):
    owner, word = await projects.caller(str(uuid7())), fresh()
    wanted = [enrollment(name=word + ("!" * number if names != "one name" else "")) for number in range(6)]

    answers = await asyncio.gather(*(owner.post("/v1/projects", json=body) for body in wanted))

    made = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [problem(answer) for answer in answers if answer.status_code != 201]
    assert (len(made), refused) == ((1, [(409, "name-taken")] * 5) if names == "one name" else (6, []))
    assert len({project["slug"] for project in made}) == len(made)
    told = [event for project in made for event in await projects.told(project["id"])]
    assert [type(event) for event in told] == [ProjectDrafted] * len(made)
    outbox = await projects.service.store.database["outbox"].find({"key": {"$regex": "^project/"}})
    assert sum(word in bytes(row["value"]).decode() for row in outbox) == len(made)


async def test_two_renamings_to_one_name_at_once_make_one(projects: Served):
    owner, name = await projects.caller(str(uuid7())), fresh()
    ids = [(await owner.post("/v1/projects", json=enrollment())).json()["id"] for _ in range(4)]

    answers = await asyncio.gather(*(owner.patch(f"/v1/projects/{id}", json={"name": name}) for id in ids))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    edits = [event for id in ids for event in await projects.told(id) if isinstance(event, ProjectEdited)]
    assert [event.name for event in edits] == [name]


async def test_a_past_project_is_enrolled_once_more(projects: Served):
    scene, name = await published(projects), fresh()
    await scene.owner.client.patch(scene.place, json=WHOLE)
    await scene.owner.client.post(f"{scene.place}/archive")

    cloned = await scene.owner.client.post(f"{scene.place}/clone", json={"name": name})

    shown = cloned.json()
    undated = [{**template, "due_on": None} for template in WHOLE["prerequisites"]]
    assert (cloned.status_code, shown["status"], shown["name"]) == (201, "draft", name)
    assert {field: shown[field] for field in WHOLE} == WHOLE | {"prerequisites": undated}
    assert (shown["description"], shown["terms_accepted"]) == ("Learn to mend the kernel.", None)
    assert (await scene.owner.client.get(f"/v1/projects/{shown['id']}")).json()["terms"] == []
    assert await scene.told(shown["id"]) == [ProjectDrafted]


async def test_a_clone_is_for_administrators_and_needs_a_name_of_its_own(projects: Served):
    scene = await published(projects)
    place, taken = f"{scene.place}/clone", (await seen(scene))["name"]
    stranger = await projects.caller(str(uuid7()))

    assert problem(await stranger.post(place, json={"name": fresh()})) == (403, "not-allowed")
    assert problem(await scene.owner.client.post(place, json={"name": taken})) == (409, "name-taken")
    draft = (await scene.owner.client.post(place, json={"name": fresh()})).json()["id"]
    hidden = await stranger.post(f"/v1/projects/{draft}/clone", json={"name": fresh()})
    assert problem(hidden) == (404, "project-unknown")


async def test_a_project_under_review_cannot_be_edited(projects: Served):
    scene = await submitted(projects)
    answer = await scene.owner.client.patch(scene.place, json={"skills": ["Rust"]})
    assert problem(answer) == (409, "under-review")
    assert (await scene.owner.client.post(f"{scene.place}/terms", json=term(name="Fall"))).status_code == 201
