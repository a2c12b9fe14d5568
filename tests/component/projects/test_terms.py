"""Projects alone: terms edited, closed early, reopened and deleted over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from uuid6 import uuid7

from contracts.projects import TermClosed, TermDeleted, TermEdited, TermOpened, TermPlanned, TermReopened
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import Scene, problem, published
from tests.component.projects.test_enrollment import term
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


def ahead(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def opened(served: Served) -> Scene:
    scene = await published(served)

    async def look() -> bool:
        return TermOpened in await scene.told(scene.term_id)

    await eventually(look, what="the opening")
    return scene


async def label(scene: Scene) -> str:
    return str((await scene.anybody.get(scene.place)).json()["terms"][0]["label"])


async def test_a_term_is_edited_by_a_merge_patch_at_the_version_that_was_read(projects: Served):
    scene = await opened(projects)
    place, owner = f"/v1/terms/{scene.term_id}", scene.owner.client

    first = await owner.patch(place, json={"capacity": 5})
    stale = await owner.patch(place, json={"capacity": 6}, headers={"If-Match": '"1"'})
    second = await owner.patch(place, json={"name": "Summer"}, headers={"If-Match": first.headers["etag"]})

    assert (problem(stale), second.status_code) == ((412, "stale-version"), 200)
    assert (second.json()["capacity"], second.json()["name"]) == (5, "Summer")
    assert (await scene.told(scene.term_id))[-2:] == [TermEdited, TermEdited]


REFUSED = {
    "the past": ({"window_opens_at": ahead(1)}, (422, "instant-passed")),
    "out of order": ({"starts_at": ahead(200)}, (422, "term-out-of-order")),
    "a zone": ({"time_zone": "Mars/Olympus"}, (422, "time-zone-unknown")),
    "a name in use": ({"name": "other"}, (422, "term-name-taken")),
    "no instant": ({"ends_at": None}, (422, "invalid")),
    "no place": ({"capacity": 0}, (422, "invalid")),
    "the phase": ({"phase": "over"}, (422, "invalid")),
}


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED)
async def test_an_edit_against_the_rules_leaves_the_term_as_it_was(projects: Served, case: str):
    changes, answer = REFUSED[case]
    scene = await opened(projects)
    await scene.owner.client.post(f"{scene.place}/terms", json=term(name="Other"))
    status, kind = problem(await scene.owner.client.patch(f"/v1/terms/{scene.term_id}", json=changes))
    assert (status, kind.startswith(answer[1])) == (answer[0], True), kind
    assert (await scene.told(scene.term_id)) == [TermPlanned, TermOpened]


async def test_a_term_closed_early_is_told_closed_once_and_can_be_reopened(projects: Served):
    scene = await opened(projects)
    place, owner = f"/v1/terms/{scene.term_id}", scene.owner.client

    closed = await owner.post(f"{place}/close")
    again = await owner.post(f"{place}/close")
    while_closed = await label(scene)
    reopened = await owner.post(f"{place}/reopen", json={"window_closes_at": ahead(5)})

    assert (closed.status_code, problem(again), reopened.status_code) == (200, (409, "not-in-this-state"), 200)
    assert (while_closed, await label(scene)) == ("In progress", "Apply now")
    assert await scene.told(scene.term_id) == [TermPlanned, TermOpened, TermClosed, TermReopened]


async def test_of_closings_at_the_same_time_one_counts(projects: Served):
    scene = await opened(projects)
    place = f"/v1/terms/{scene.term_id}/close"
    answers = await asyncio.gather(*(scene.owner.client.post(place) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    assert await scene.told(scene.term_id) == [TermPlanned, TermOpened, TermClosed]


async def test_of_edits_to_one_name_at_the_same_time_one_counts(projects: Served):
    scene = await opened(projects)
    other = (await scene.owner.client.post(f"{scene.place}/terms", json=term(name="Other"))).json()["id"]
    answers = await asyncio.gather(
        *(scene.owner.client.patch(f"/v1/terms/{id}", json={"name": "Summer"}) for id in (scene.term_id, other))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_the_clock_passes_over_a_window_that_was_closed_early(projects: Served):
    scene = await opened(projects)
    await scene.owner.client.post(f"/v1/terms/{scene.term_id}/close")

    while await projects.service.data.cross_due_instant(datetime.now(UTC) + timedelta(days=15)):
        pass

    assert await scene.told(scene.term_id) == [TermPlanned, TermOpened, TermClosed]


async def test_a_term_without_applications_is_deleted(projects: Served):
    scene = await opened(projects)
    owner = scene.owner.client

    deleted = await owner.delete(f"/v1/terms/{scene.term_id}")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await owner.get(scene.place)).json()["terms"] == []
    assert problem(await owner.delete(f"/v1/terms/{scene.term_id}")) == (404, "term-unknown")
    assert (await scene.told(scene.term_id))[-1:] == [TermDeleted]


async def test_a_term_that_somebody_applied_to_stays(projects: Served):
    scene = await opened(projects)
    await scene.applied("withdrawn")

    refused = await scene.owner.client.delete(f"/v1/terms/{scene.term_id}")

    assert problem(refused) == (409, "term-has-applications")
    assert len((await scene.anybody.get(scene.place)).json()["terms"]) == 1


async def test_only_administrators_of_the_project_change_its_terms(projects: Served):
    scene = await published(projects)
    place, stranger = f"/v1/terms/{scene.term_id}", await projects.caller(str(uuid7()))
    for who, status in ((scene.anybody, 401), (stranger, 403), (scene.staff, 403)):
        answers = [
            await who.patch(place, json={"capacity": 9}),
            await who.post(f"{place}/close"),
            await who.post(f"{place}/reopen", json={"window_closes_at": ahead(5)}),
            await who.delete(place),
        ]
        assert {answer.status_code for answer in answers} == {status}
