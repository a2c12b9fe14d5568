"""A worker killed while a term crosses an instant: whoever comes next crosses it, and it is told once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from uuid6 import uuid7

from contracts.ids import ActorId, ProjectId, TermId
from deploy.local.platform import Platform
from services.chassis.domain import Actor
from services.chassis.mongo import patiently
from services.chassis.service import Service
from services.projects import app as rooms
from services.projects.domain.term import INSTANTS, Term
from services.projects.store import ProjectsStore
from tests.faults.crossing import POINTS

ADA = Actor(ActorId(str(uuid7())))
NOW = datetime.now(UTC)
NAMES = ("window_opens_at", "window_closes_at", "starts_at", "ends_at")
TOLD = ["term.planned.v1", "term.opened.v1", "term.closed.v1", "term.started.v1", "term.ended.v1"]


@pytest.fixture
async def service(platform: Platform) -> AsyncIterator[Service[ProjectsStore]]:
    said = {"MONGODB_DATABASE": f"projects_{uuid7().hex}", "MONGODB_URI": platform.addresses.mongodb_uri}
    said |= {"KAFKA_BOOTSTRAP_SERVERS": "nowhere:9092", "HTTP_PORT": "1", "PUBLIC_URL": "https://nowhere"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in said.items():
            environment.setenv(f"PROJECTS_{name}", value)
        service = rooms.build(rooms.Settings.from_environment())
        await service.store.prepare()
        await service.prepare()
        yield service
        await service.store.database.drop()
        service.store.database.close()


async def planned(data: ProjectsStore) -> Term:
    project = await data.draft(str(uuid7()), {"name": f"Kernel {uuid7()}"}, by=ADA, at=NOW)
    days = dict(zip(NAMES, (1, 10, 20, 110), strict=True))
    instants = {name: NOW + timedelta(days=day) for name, day in days.items()}
    fields = {"name": "Spring", "time_zone": "UTC", "capacity": 1, **instants}
    term = Term(id=TermId(str(uuid7())), project_id=ProjectId(project.id), **fields)
    return await data.plan_term(term, by=ADA, at=NOW)


async def killed(point: str, at: datetime) -> int | None:
    """Let a worker of its own process die at this point; gives how it ended."""
    words = ("-m", "tests.faults.crossing", point, at.isoformat())
    worker = await asyncio.create_subprocess_exec(sys.executable, *words, env=dict(os.environ))
    await worker.wait()
    return worker.returncode


async def caught_up(data: ProjectsStore, at: datetime) -> None:
    """Do as the next worker does, who may have to wait until the store has given up on the dead one."""

    async def once() -> bool:
        return await data.cross_due_instant(at)

    while await patiently(once):
        pass


async def told(service: Service[ProjectsStore], term: Term) -> list[str]:
    rows = await service.store.database["outbox"].find({"key": f"term/{term.id}"}, sort=[("sequence", 1)])
    return [row["headers"]["ce_type"] for row in rows]


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_at_each_instant_leaves_one_event_of_each(service: Service[ProjectsStore], point: str):
    data = service.data
    assert set(NAMES) <= set(INSTANTS)
    term = await planned(data)
    for number, name in enumerate(NAMES, start=2):
        at = getattr(term, name)

        assert await killed(point, at) == -signal.SIGKILL

        committed = point == POINTS[-1]
        assert await told(service, term) == TOLD[: number if committed else number - 1]
        await caught_up(data, at)
        assert await told(service, term) == TOLD[:number]
        await caught_up(data, at)
        assert await told(service, term) == TOLD[:number]
