"""One service in two processes: what answers and what works behind can be started apart."""

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.chassis import jobs
from services.chassis.service import Role
from services.projects import app as rooms
from tests.support.issuer import Issuer
from tests.support.served import serving
from tests.support.waiting import eventually


async def test_what_one_process_commits_another_publishes(platform: Platform, issuer: Issuer):
    own = f"projects_{uuid7().hex}"
    shared = {"mongodb_database": own, "kafka_group": own}
    async with serving(rooms, platform, issuer, role=Role.API, more=shared) as api:
        owner = await api.caller(str(uuid7()))
        outbox = api.service.store.database["outbox"]

        drafted = await owner.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})
        assert drafted.status_code == 201
        assert await outbox.count({"pending": True}) == 1

        async with serving(rooms, platform, issuer, role=Role.WORKER, more=shared) as worker:

            async def published() -> bool:
                return await outbox.count({"pending": True}) == 0

            await eventually(published, what="the worker's relay")
            assert (await (await worker.caller()).get("/v1/projects")).status_code == 404


@pytest.mark.parametrize(("role", "ready"), [(Role.WORKER, 503), (Role.ALL, 200)])
async def test_a_relay_that_stopped_and_a_consumer_that_paused_make_a_worker_unready_and_leave_commands_open(
    platform: Platform, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, role: Role, ready: int
):
    async with serving(rooms, platform, issuer, role=role) as projects:
        anybody = await projects.caller()

        async def look() -> tuple[int, bool, bool]:
            answer = await anybody.get("/health/ready")
            parts = answer.json()["parts"]
            return answer.status_code, parts["relay"], parts["consuming"]

        async def well() -> bool:
            return await look() == (200, True, True)

        await eventually(well, what="a good start")
        with monkeypatch.context() as impatient:
            impatient.setattr(jobs, "PATIENCE", 0)
            assert await look() == (ready, False, True)
        for _ in range(projects.service.settings.dead_letters_in_a_row):
            projects.service.brake.count(set_aside=True)
        assert await look() == (ready, True, False)
