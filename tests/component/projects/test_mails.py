"""Projects alone: who is told by mail about the review of a project and of its changes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from uuid6 import uuid7

from contracts.identity import AccountRolesChanged, AccountStatus, PlatformRole
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import Scene, Somebody, mailed, published, somebody, submitted
from tests.component.projects.test_enrollment import term
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def posted(scene: Scene) -> list[str]:
    """Give the subjects of the mails on their way or gone that name the project, the name left out.

    Those to staff are left out: the bus is shared, so staff of tests that run elsewhere are told too.
    """
    name = await name_of(scene)
    rows = await scene.served.service.store.database["mails"].find({"subject": {"$regex": name}})
    return [said for row in rows if (said := row["subject"].replace(name, "…")) not in TO_STAFF]


async def arrived(scene: Scene, platform: Platform, *addresses: str) -> dict[str, list[str]]:
    """Give the subjects that arrived at each address about the project, once all of it has been sent."""
    name = await name_of(scene)
    rows = scene.served.service.store.database["mails"]

    async def all_sent() -> bool:
        return await rows.count({"subject": {"$regex": name}, "due_at": {"$exists": True}}) == 0

    await eventually(all_sent, what="all mails sent")
    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90) as mailbox:
        found = {to: (await mailbox.get("/api/mails", params={"to": to})).json()["items"] for to in addresses}
    return {
        to: [mail["subject"].replace(name, "…") for mail in mails if name in mail["subject"]]
        for to, mails in found.items()
    }


async def name_of(scene: Scene) -> str:
    return str((await scene.owner.client.get(scene.place)).json()["name"])


async def on_the_staff(
    served: Served, *roles: PlatformRole, sequence: int = 1, who: Somebody | None = None
) -> Somebody:
    """Give somebody who, as identity tells, has these roles now."""
    person = who or await somebody(served, "Sam")
    told = {"id": person.id, "status": AccountStatus.ACTIVE, "roles": roles, "by": person.id}
    await served.hears(AccountRolesChanged.model_validate({**told, "sequence": sequence, "at": datetime.now(UTC)}))
    return person


SUBMITTED, TO_REVIEW = "… is submitted for review", "… waits for a review"
CHANGES_TO_REVIEW = "Changes of … wait for a review"
TO_STAFF = {TO_REVIEW, CHANGES_TO_REVIEW}
PUBLISHED = "… is published"


async def test_its_administrators_and_staff_are_told_that_a_project_waits_for_review(
    projects: Served, platform: Platform
):
    staff = await on_the_staff(projects, PlatformRole.STAFF)
    finance = await on_the_staff(projects, PlatformRole.FINANCE)
    gone = await on_the_staff(projects, PlatformRole.STAFF)
    await on_the_staff(projects, sequence=2, who=gone)
    scene = await submitted(projects)

    [mail] = await mailed(platform, staff.address, await name_of(scene))
    [to_owner] = await mailed(platform, scene.owner.address, "is submitted for review")

    assert "/v1/projects/kernel-" in mail["text"]
    assert "/v1/projects/kernel-" in to_owner["text"]
    people = [scene.owner.address, staff.address, finance.address, gone.address]
    assert list((await arrived(scene, platform, *people)).values()) == [[SUBMITTED], [TO_REVIEW], [], []]
    await on_the_staff(projects, sequence=2, who=staff)


async def test_staff_are_not_asked_to_review_their_own_project(projects: Served, platform: Platform):
    scene = await published(projects)
    await on_the_staff(projects, PlatformRole.STAFF, who=scene.owner)
    clone = {"name": f"Kernel {uuid7()}"}
    cloned = (await scene.owner.client.post(f"{scene.place}/clone", json=clone)).json()["id"]
    again = Scene(projects, scene.owner, scene.staff, scene.anybody, cloned, "")
    await scene.owner.client.post(f"{again.place}/terms", json=term())
    answer = await scene.owner.client.post(f"{again.place}/submit", json={"accepted_terms_version": "2026-01"})

    assert answer.status_code == 200
    assert await arrived(again, platform, scene.owner.address) == {scene.owner.address: [SUBMITTED]}
    await on_the_staff(projects, sequence=2, who=scene.owner)


async def test_staff_are_told_once_of_changes_that_wait_for_their_review(projects: Served, platform: Platform):
    scene = await published(projects)
    staff = await on_the_staff(projects, PlatformRole.STAFF)

    await scene.owner.client.patch(scene.place, json={"skills": ["C", "Rust"]})
    for description in ("Learn more.", "Learn even more."):
        await scene.owner.client.patch(scene.place, json={"description": description})

    [mail] = await mailed(platform, staff.address, await name_of(scene))
    assert "/v1/projects/kernel-" in mail["text"]
    assert await arrived(scene, platform, staff.address) == {staff.address: [CHANGES_TO_REVIEW]}
    await on_the_staff(projects, sequence=2, who=staff)


async def test_administrators_are_told_that_their_project_is_published(projects: Served, platform: Platform):
    scene = await submitted(projects)

    await scene.staff.post(f"{scene.place}/publish")
    again = await scene.staff.post(f"{scene.place}/publish")

    [mail] = await mailed(platform, scene.owner.address, "is published")
    assert "/v1/projects/kernel-" in mail["text"]
    assert (again.status_code, sorted(await posted(scene))) == (409, [PUBLISHED, SUBMITTED])


async def test_administrators_are_told_why_their_project_was_rejected(projects: Served, platform: Platform):
    scene = await submitted(projects)

    await scene.staff.post(f"{scene.place}/reject", json={"reason": "Say what mentees will do."})

    [mail] = await mailed(platform, scene.owner.address, "was not accepted")
    assert "Say what mentees will do." in mail["text"]
    assert "/v1/projects/kernel-" in mail["text"]


@pytest.mark.parametrize(
    ("decision", "body", "about", "said"),
    [
        ("approve", None, "are approved", "The project shows them"),
        ("reject", {"reason": "Keep the name."}, "were not approved", "Keep the name."),
    ],
)
async def test_administrators_are_told_what_became_of_their_changes(
    projects: Served, platform: Platform, decision: str, body: dict[str, str] | None, about: str, said: str
):
    scene = await published(projects)
    await scene.owner.client.patch(scene.place, json={"description": "Learn more."})

    decided = await scene.staff.post(f"{scene.place}/changes/{decision}", json=body)
    again = await scene.staff.post(f"{scene.place}/changes/{decision}", json=body)

    [mail] = await mailed(platform, scene.owner.address, about)
    assert (said in mail["text"], "/v1/projects/kernel-" in mail["text"]) == (True, True)
    assert (decided.status_code, again.status_code) == (200, 409)
    assert sorted(await posted(scene)) == sorted([f"Your changes of … {about}", PUBLISHED, SUBMITTED])


async def test_a_review_does_not_wait_for_an_address_that_is_not_known_yet(projects: Served):
    scene = await submitted(projects)
    await projects.service.store.database["known_people"].delete({"_id": scene.owner.id})

    answer = await scene.staff.post(f"{scene.place}/publish")

    assert (answer.status_code, await posted(scene)) == (200, [SUBMITTED])


async def test_every_administrator_is_told(projects: Served, platform: Platform):
    scene, second = await submitted(projects), await somebody(projects, "Alma")
    documents = projects.service.store.database["projects"]
    await documents.update({"_id": scene.id}, {"$push": {"administrators": second.id}})

    await scene.staff.post(f"{scene.place}/reject", json={"reason": str(uuid7())})

    texts = [
        (await mailed(platform, person.address, "was not accepted"))[0]["text"] for person in (scene.owner, second)
    ]
    assert texts[0] == texts[1]
