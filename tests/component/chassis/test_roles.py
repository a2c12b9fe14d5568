"""One service in two processes: what answers and what works behind can be started apart."""

from uuid6 import uuid7

from deploy.local.platform import Platform
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
