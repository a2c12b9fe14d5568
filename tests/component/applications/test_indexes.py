"""Every question that applications asks its store is answered by an index."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.identity import PersonDescribed
from contracts.projects import MentorLeft, TermEdited
from tests.component.applications.scene import BUILD, DAY, Clock, Scene, funding, now, project, somebody, term
from tests.component.applications.test_authorization import GRADUATED, NOBODYS, UNDER_WAY, after_graduation, under_way
from tests.component.applications.test_evaluating import settled
from tests.component.applications.test_reviewing import COPIED
from tests.component.applications.test_waiting import becomes, post, queue
from tests.support.authorized import Table, read
from tests.support.explained import explained
from tests.support.served import Served


def by_those_who_may(table: Table) -> Table:
    return {route: {who: cell for who, cell in may.items() if cell == "ok"} for route, may in table.items()}


async def test_no_route_reads_a_collection_whole(served: Served):
    async with explained(served.service.store.database):
        world = await under_way(served)
        for table in (by_those_who_may(read(NOBODYS)), by_those_who_may(read(UNDER_WAY))):
            assert await world.answers(table) == table
        graduate, table = await after_graduation(served), by_those_who_may(read(GRADUATED))
        assert await graduate.answers(table) == table


FILTERS: list[tuple[str, ...]] = [
    (),
    ("term_id",),
    ("project_id",),
    ("status",),
    ("mentee_id",),
    ("term_id", "status"),
    ("project_id", "status", "mentee_id"),
]


@pytest.mark.parametrize("names", FILTERS, ids=str)
async def test_no_list_reads_a_collection_whole(served: Served, names: tuple[str, ...]):
    scene = await Scene.of(served, capacity=2)
    mentee, other = await scene.mentees(2)
    id = await scene.applied(mentee)
    await scene.applied(other)
    mentee_id = (await mentee.get(f"/v1/applications/{id}")).json()["mentee_id"]
    wanted = {"term_id": scene.term_id, "project_id": scene.project_id, "status": "pending", "mentee_id": mentee_id}
    params: dict[str, Any] = {name: wanted[name] for name in names}
    async with explained(served.service.store.database):
        for who in (scene.admin, scene.mentor, mentee):
            answer = await who.get("/v1/applications", params={**params, "limit": 1})
            assert [item["term_id"] for item in answer.json()["items"]] == [scene.term_id]
            more = {"limit": 1, "cursor": answer.json()["next_cursor"] or "YQ"}
            assert (await who.get("/v1/applications", params={**params, **more})).status_code == 200


async def test_no_timer_and_no_foreign_event_reads_a_collection_whole(served: Served, clock: Clock):
    data = served.service.data
    async with explained(served.service.store.database):
        scene = await Scene.of(served, prerequisites=({**BUILD, "due_on": (now() + 9 * DAY).date()},))
        holder, taken, (waits,) = await queue(scene, {"attendance": "full_time"})
        await scene.wish(await scene.mentee(), statement=COPIED)
        await post(holder, taken, "withdraw")
        await becomes(scene, waits, "accepted")
        await served.hears(funding(waits))
        planned = term(scene.term_id, scene.project_id, results_at=now() + DAY).model_dump(exclude={"type"})
        await served.hears(TermEdited.model_validate({**planned, "sequence": 2}))
        left = project(scene.project_id, admin=scene.admin_id, mentors=(), sequence=2).model_dump(exclude={"type"})
        gone = {**left, "mentor_id": scene.mentor_id, "replaced_by": scene.admin_id}
        await served.hears(MentorLeft.model_validate(gone))
        with clock.put_forward(timedelta(days=30)):
            await becomes(scene, waits, "declined")
            await settled(served, clock)
            while await data.ring(clock()):
                pass
            await data.files.sweep(clock())
        erased = {"id": somebody(), "name": "", "emails": (), "sequence": 1, "at": now(), "by": "system:identity"}
        await served.hears(PersonDescribed.model_validate(erased))
