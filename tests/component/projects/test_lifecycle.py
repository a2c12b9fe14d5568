"""Projects alone: hidden, shown again and archived, with applications told by its events."""

from collections.abc import AsyncIterator

import pytest
from uuid6 import uuid7

from contracts.applications import ApplicationWithdrawn
from contracts.projects import ProjectArchived, ProjectHidden, ProjectUnhidden
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import problem, published
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def test_a_hidden_project_is_not_there_for_the_public_until_it_is_shown_again(projects: Served):
    scene = await published(projects)
    owner = scene.owner.client

    hidden = await owner.post(f"{scene.place}/hide")
    while_hidden = [(await who.get(scene.place)).status_code for who in (scene.anybody, scene.staff, owner)]
    shown = await owner.post(f"{scene.place}/unhide")

    assert (hidden.json()["status"], while_hidden, shown.json()["status"]) == ("hidden", [404, 200, 200], "published")
    assert (await scene.anybody.get(scene.place)).status_code == 200
    assert (await scene.told(scene.id))[-2:] == [ProjectHidden, ProjectUnhidden]


async def test_an_archived_project_stays_archived(projects: Served):
    scene = await published(projects)
    owner = scene.owner.client

    archived = await owner.post(f"{scene.place}/archive")
    again = [await owner.post(f"{scene.place}/{verb}") for verb in ("archive", "hide", "unhide")]

    assert (archived.json()["status"], {problem(answer) for answer in again}) == (
        "archived",
        {(409, "not-in-this-state")},
    )
    assert problem(await owner.patch(scene.place, json={"skills": ["Rust"]})) == (409, "not-in-this-state")
    assert (await scene.told(scene.id))[-1:] == [ProjectArchived]


async def test_an_open_application_keeps_a_project_in_sight_until_it_is_withdrawn(projects: Served):
    scene = await published(projects)
    owner = scene.owner.client
    pending = await scene.applied("pending")

    refused = await owner.post(f"{scene.place}/hide")
    withdrawn = {"type": "application.withdrawn.v1", "status": "withdrawn", "sequence": 2}
    await projects.hears(ApplicationWithdrawn.model_validate({**pending.model_dump(), **withdrawn}))
    hidden = await owner.post(f"{scene.place}/hide")

    assert (problem(refused), "1 pending" in refused.json()["detail"]) == ((409, "applications-open"), True)
    assert hidden.json()["status"] == "hidden"


async def test_an_active_mentorship_keeps_a_project_from_the_archive(projects: Served):
    scene = await published(projects)
    await scene.applied("active")
    await scene.applied("graduated")
    await scene.applied("active", project_id=str(uuid7()))

    refused = await scene.owner.client.post(f"{scene.place}/archive")

    assert (problem(refused), "1 active" in refused.json()["detail"]) == ((409, "applications-open"), True)


@pytest.mark.parametrize(
    "where",
    [
        {"project_id": "p-1"},
        {"project_id": "p-1", "status": {"$in": ["active", "pending"]}, "mentee_id": "a-1"},
        {"term_id": "t-1"},
    ],
    ids=["tally", "open_of", "of_term"],
)
async def test_the_copy_of_applications_is_asked_through_an_index(projects: Served, where: dict[str, object]):
    question = {"find": "known_applications", "filter": where}
    plan = await projects.service.store.database._database.command("explain", question, verbosity="queryPlanner")
    assert "'IXSCAN'" in str(plan["queryPlanner"]["winningPlan"])


@pytest.mark.parametrize("verb", ["hide", "unhide", "archive"])
async def test_only_administrators_of_the_project_decide_about_its_visibility(projects: Served, verb: str):
    scene = await published(projects)
    if verb == "unhide":
        await scene.owner.client.post(f"{scene.place}/hide")
    stranger = await projects.caller(str(uuid7()))
    answers = [(await who.post(f"{scene.place}/{verb}")).status_code for who in (scene.anybody, stranger, scene.staff)]
    assert answers == [401, 404 if verb == "unhide" else 403, 403]
