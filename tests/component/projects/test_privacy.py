"""What projects tells a person of what it holds on them, and what is left when they are gone."""

from collections.abc import AsyncIterator

import pytest
from uuid6 import uuid7

from contracts.identity import MentorProfileSaved
from deploy.local.platform import Platform
from services.chassis.service import now
from services.projects import app as rooms
from tests.component.projects.scene import Scene, Somebody, mailed, published, somebody, token_in
from tests.support.exported import erased, exported, traces
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def joined(scene: Scene, platform: Platform, whom: Somebody, noun: str = "mentor-invitations") -> None:
    sent = await scene.owner.client.post(f"{scene.place}/{noun}", json={"email": whom.address})
    assert sent.status_code == 201, sent.text
    (mail,) = await mailed(platform, whom.address, "You are invited")
    answer = await whom.client.post("/v1/mentor-invitations/accept", json={"token": token_in(mail)})
    assert answer.status_code == 200, answer.text


async def mails_are_out(served: Served) -> None:
    async def look() -> bool:
        return await served.service.store.database["mails"].count({"due_at": {"$exists": True}}) == 0

    await eventually(look, what="every mail sent")


async def test_a_person_is_told_of_their_projects_invitations_and_requests(projects: Served, platform: Platform):
    scene, mo = await published(projects), await somebody(projects, "Mo")
    await joined(scene, platform, mo)
    part, _ = await exported(projects, mo.id)
    (membership,), (invitation,) = part["projects"], part["invitations"]
    assert (membership["id"], membership["roles"]) == (scene.id, ["mentor"])
    assert (invitation["email"], invitation["status"]) == (mo.address, "accepted")
    assert part["person"] == {"id": mo.id, "name": "Mo", "emails": [mo.address]}
    assert [text for text in ("token_hash", scene.owner.id, scene.owner.address) if text in str(part)] == []


async def test_nothing_personal_is_left_and_the_project_goes_on(projects: Served, platform: Platform):
    scene, name = await published(projects), f"Mo {uuid7().hex[-8:]}"
    mo, other = await somebody(projects, name), await published(projects)
    await joined(scene, platform, mo)
    await other.owner.client.post(f"{other.place}/mentor-invitations", json={"email": mo.address})
    await mails_are_out(projects)
    assert {"known_people", "mentor_invitations", "mails"} <= {*await traces(projects, name, mo.address)}

    await projects.hears(erased(mo.id))
    assert await traces(projects, name, mo.address) == []
    project = await projects.service.data.projects.get(scene.id)
    assert (project.mentors, project.administrators) == ((), (scene.owner.id,))
    assert (await scene.told(scene.id))[-1].__name__ == "MentorLeft"
    (revoked,) = await projects.service.data.invitations.find({"project_id": other.id})
    assert (revoked.status, revoked.email) == ("revoked", "")
    again = await other.owner.client.post(f"{other.place}/mentor-invitations/{revoked.id}/resend")
    assert again.status_code == 409, "nobody can be asked again under no address"


async def test_a_request_to_mentor_is_withdrawn_and_says_nothing_any_more(projects: Served):
    scene, mo = await published(projects), await somebody(projects)
    saved = MentorProfileSaved(id=mo.id, complete=True, sequence=1, at=now(), by=mo.id)
    await projects.hears(saved)
    asked = await mo.client.post(f"{scene.place}/mentor-requests", json={"message": "I, Mo of Xanten, can help."})
    assert asked.status_code == 201, asked.text
    part, _ = await exported(projects, mo.id)
    assert part["requests_to_mentor"][0]["message"] == "I, Mo of Xanten, can help."
    await mails_are_out(projects)
    await projects.hears(erased(mo.id))
    kept = await projects.service.data.requests.get(asked.json()["id"])
    assert (kept.status, kept.message) == ("withdrawn", "")
    assert await traces(projects, "Xanten") == []


async def test_a_last_administrator_whom_identity_did_not_hold_stays_as_an_id(projects: Served):
    scene = await published(projects)
    await projects.hears(erased(scene.owner.id))
    project = await projects.service.data.projects.get(scene.id)
    assert project.administrators == (scene.owner.id,)
    assert await traces(projects, scene.owner.address) == []
