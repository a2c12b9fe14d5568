"""Every question that projects asks its store is answered by an index."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from uuid6 import uuid7

from contracts.ids import AccountId, ActorId, ProjectId, TermId
from contracts.projects import ProjectStatus
from contracts.stipends import PolicyKind
from deploy.local.platform import Platform
from services.projects import app as rooms
from services.projects.domain.project import Project
from services.projects.domain.term import Term
from services.projects.store.catalog import Catalog
from tests.component.projects.scene import published, somebody
from tests.component.projects.test_catalog import OPEN, found, policy
from tests.component.projects.test_enrollment import term
from tests.support.explained import SORTED, explained
from tests.support.issuer import Issuer
from tests.support.served import Served, serving

MANY = 400


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def fill(catalog: Catalog) -> None:
    """Put many projects into the catalog, a third of them accepting."""
    now = datetime.now(UTC)
    for number in range(MANY):
        id, mentor = ProjectId(str(uuid7())), AccountId(ActorId(str(uuid7())))
        project = Project(
            id=id,
            slug=f"p-{number}",
            name=f"Project {number}",
            status=ProjectStatus.PUBLISHED,
            published_at=now - timedelta(hours=number),
            description="Mend the kernel.",
            skills=("C", f"Skill {number % 7}"),
            technologies=("Linux",),
            administrators=(mentor,),
        )
        days = {"window_opens_at": number % 3 - 1, "window_closes_at": 9, "starts_at": 20, "ends_at": 90}
        instants = {name: now + timedelta(days=day) for name, day in days.items()}
        planned = Term(id=TermId(id), project_id=id, name="Spring", time_zone="UTC", capacity=1, **instants)
        await catalog.show(project)
        await catalog.place(id, [planned])


async def test_no_page_of_the_catalog_reads_or_sorts_it_whole(projects: Served):
    await fill(projects.service.data.catalog)
    anybody, staff = await projects.caller(), await projects.caller(str(uuid7()), "staff")
    mentor = (await somebody(projects)).client
    async with explained(projects.service.store.database, computed=("closing", "fit", "count")):
        for client in (anybody, mentor, staff):
            for sort in ("newest", "name", "accepting_first", "closing_soon"):
                answer = await client.get("/v1/projects", params={"sort": sort, "limit": 5})
                cursor = answer.json()["next_cursor"]
                await client.get("/v1/projects", params={"sort": sort, "limit": 5, "cursor": cursor})
        for asked in ({"q": "project 17"}, {"q": "kernl"}, {"skill": "skill 3"}, {"technology": "linux"}):
            for more in (
                {},
                {"label": "Apply now"},
                {"label": "Completed"},
                {"paid": True},
                {"starts_from": "2031-01-01"},
            ):
                assert (await anybody.get("/v1/projects", params={**asked, **more})).status_code == 200
        assert len(await found(staff, status="submitted")) == 0
        assert len(await found(mentor, mine=True)) == 0
        for client in (staff, mentor):
            assert len(await found(client, waiting=True)) == 0
        for place in ("facets", "feed.atom"):
            assert (await anybody.get(f"/v1/projects/{place}")).status_code == 200


async def test_no_step_of_a_project_reads_a_collection_whole(projects: Served):
    async with explained(projects.service.store.database):
        scene = await published(projects)
        await projects.hears(policy(scene.id, PolicyKind.FIXED, 1))
        await scene.applied("pending")
        mira = await somebody(projects)
        client, place = scene.owner.client, scene.place
        invited = await client.post(f"{place}/mentor-invitations", json={"email": mira.address})
        await client.post(f"{place}/mentor-invitations/{invited.json()['id']}/resend")
        await client.post(f"{place}/terms", json={**OPEN, "name": "Autumn"})
        await client.patch(f"/v1/terms/{scene.term_id}", json={"capacity": 3})
        await client.patch(place, json={"skills": ["Ada"]})
        slug = (await client.get(place)).json()["slug"]
        for path in (place, f"/v1/projects/{slug}", f"{place}/members", f"{place}/mentor-invitations"):
            assert (await client.get(path)).status_code == 200
        assert (await client.post(f"{place}/hide")).status_code == 409
        assert (await client.delete(f"/v1/terms/{scene.term_id}")).status_code == 409
        assert (await client.post(f"{place}/terms", json=term())).status_code == 422
        async with client.stream("GET", "/v1/projects/stream", headers={"Last-Event-ID": "1"}) as stream:
            assert (await anext(stream.aiter_lines())).startswith("id: ")


async def test_what_has_no_index_is_found_out(projects: Served):
    database = projects.service.store.database
    with pytest.raises(AssertionError, match="description"):
        async with explained(database):
            await database["projects"].find({"description": "x"})
    many = [f"sorted/{number}" for number in range(SORTED + 1)]
    for id in many:
        await database["catalog"].insert({"_id": id, "seen_by": ["nobody else"]})
    with pytest.raises(AssertionError, match="catalog"):
        async with explained(database):
            await database["catalog"].find({"seen_by": "nobody else"}, sort=[("published_at", 1)])
    await database["catalog"].delete({"_id": {"$in": many}})
