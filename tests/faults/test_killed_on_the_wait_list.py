"""A worker killed between wait list, offer, confirmation and schedule: the end is the same as without."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest
from uuid6 import uuid7

from contracts.applications import Attendance
from contracts.ids import ActorId, ApplicationId, TermId
from deploy.local.platform import Platform
from services.applications import app as rooms
from services.applications.domain.application import LAST, Application
from services.applications.domain.wish import Wish
from services.applications.store import ApplicationsStore
from services.chassis.domain import Actor, NotInThisState
from services.chassis.mongo import patiently
from services.chassis.service import Service
from tests.component.applications.scene import funding, now, person, profile, project, somebody, term
from tests.faults.crossing import POINTS
from tests.faults.offering import take

ADA = Actor(ActorId(somebody()))
WISH = Wish(statement="I want to learn.")
FULL = Attendance.FULL_TIME


@pytest.fixture
async def service(platform: Platform) -> AsyncIterator[Service[ApplicationsStore]]:
    said = {"MONGODB_DATABASE": f"applications_{uuid7().hex}", "MONGODB_URI": platform.addresses.mongodb_uri}
    said |= {"KAFKA_BOOTSTRAP_SERVERS": "nowhere:9092", "HTTP_PORT": "1", "PUBLIC_URL": "https://nowhere"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in said.items():
            environment.setenv(f"APPLICATIONS_{name}", value)
        service = rooms.build(rooms.Settings.from_environment())
        await service.store.prepare()
        await service.prepare()
        yield service
        await service.store.database.drop()
        service.store.database.close()


async def applied(data: ApplicationsStore, term_id: TermId) -> Application:
    mentee = somebody()
    await data.mentees.remember(profile(mentee))
    await data.people.remember(person(mentee, "Mira Diaz"))
    return await data.apply(somebody(), term_id, wish=WISH, by=Actor(ActorId(mentee)), at=now())


async def place_free_for_one_who_waits(data: ApplicationsStore) -> Application:
    project_id, term_id = somebody(), TermId(somebody())
    await data.projects.remember(project(project_id, admin=ADA.id))
    await data.remember_term(term(term_id, project_id))
    holder, waits = await applied(data, term_id), await applied(data, term_id)
    await data.accept(holder.id, attendance=FULL, by=ADA, at=now())
    await data.waitlist(waits.id, attendance=FULL, rank=LAST, by=ADA, at=now())
    await data.withdraw(holder.id, reason="", by=Actor(ActorId(holder.mentee_id)), at=now())
    await data.fundings.remember(funding(waits.id))
    return waits


async def killed(point: str, step: str, subject: Application) -> int | None:
    words = ("-m", "tests.faults.offering", point, step, subject.id, subject.mentee_id)
    worker = await asyncio.create_subprocess_exec(sys.executable, *words, env=dict(os.environ))
    await worker.wait()
    return worker.returncode


async def again(data: ApplicationsStore, step: str, subject: Application) -> None:
    """Do as the next worker does, or the mentee who had no answer."""
    try:
        await patiently(lambda: take(step, data, subject.id, subject.mentee_id))
    except NotInThisState:
        assert step == "confirm"


async def told(service: Service[ApplicationsStore], id: ApplicationId) -> list[str]:
    rows = await service.store.database["outbox"].find({"key": f"application/{id}"}, sort=[("sequence", 1)])
    return [row["headers"]["ce_type"].split(".")[1] for row in rows]


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_at_each_step_changes_nothing_about_the_end(
    service: Service[ApplicationsStore], point: str
):
    data = service.data
    subject = await place_free_for_one_who_waits(data)
    for step in ("offer", "confirm"):
        assert await killed(point, step, subject) == -signal.SIGKILL
        await again(data, step, subject)
        await again(data, step, subject)

    assert await told(service, subject.id) == ["submitted", "completed", "waitlisted", "accepted", "confirmed"]
    assert len(await data.evaluations.find({"application_id": subject.id})) == 4
    assert (await data.places.get(subject.term_id)).taken == 1
