"""Projects alone: what administrators are told by mail about the review of their project."""

from collections.abc import AsyncIterator

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import mails, somebody, submitted
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def posted(served: Served, project: str) -> int:
    """Count the mails on their way or gone whose subject names the project."""
    return await served.service.store.database["mails"].count({"subject": {"$regex": project}})


async def test_administrators_are_told_that_their_project_is_published(projects: Served, platform: Platform):
    scene = await submitted(projects)
    name = (await scene.owner.client.get(scene.place)).json()["name"]

    await scene.staff.post(f"{scene.place}/publish")
    again = await scene.staff.post(f"{scene.place}/publish")

    [mail] = await mails(platform, scene.owner.address)
    assert mail["subject"] == f"{name} is published"
    assert "/v1/projects/kernel-" in mail["text"]
    assert (again.status_code, await posted(projects, name)) == (409, 1)


async def test_administrators_are_told_why_their_project_was_rejected(projects: Served, platform: Platform):
    scene = await submitted(projects)

    await scene.staff.post(f"{scene.place}/reject", json={"reason": "Say what mentees will do."})

    [mail] = await mails(platform, scene.owner.address)
    assert "was not accepted" in mail["subject"]
    assert "Say what mentees will do." in mail["text"]


async def test_a_review_does_not_wait_for_an_address_that_is_not_known_yet(projects: Served):
    scene = await submitted(projects)
    await projects.service.store.database["known_people"].delete({"_id": scene.owner.id})

    answer = await scene.staff.post(f"{scene.place}/publish")

    assert (answer.status_code, await posted(projects, answer.json()["name"])) == (200, 0)


async def test_every_administrator_is_told(projects: Served, platform: Platform):
    scene, second = await submitted(projects), await somebody(projects, "Alma")
    documents = projects.service.store.database["projects"]
    await documents.update({"_id": scene.id}, {"$push": {"administrators": second.id}})

    await scene.staff.post(f"{scene.place}/reject", json={"reason": str(uuid7())})

    texts = [(await mails(platform, person.address))[0]["text"] for person in (scene.owner, second)]
    assert texts[0] == texts[1]
