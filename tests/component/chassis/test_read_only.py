"""Read-only mode: people read, nobody commands, timers rest, and what the others tell still arrives."""

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.identity import app as identity_rooms
from services.projects import app as rooms
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


async def drafted(projects: Served, owner: str) -> tuple[int, str]:
    answer = await (await projects.caller(owner)).post("/v1/projects", json={"name": f"Kernel {uuid7()}"})
    return answer.status_code, answer.json().get("id", "")


async def test_commands_are_asked_to_come_back_and_reads_go_on(platform: Platform, issuer: Issuer):
    own, owner = f"projects_{uuid7().hex}", str(uuid7())
    shared = {"mongodb_database": own, "kafka_group": own}
    async with serving(rooms, platform, issuer, more=shared) as projects:
        status, id = await drafted(projects, owner)
        assert status == 201
        async with serving(rooms, platform, issuer, more=shared | {"read_only": True}) as resting:
            me = await resting.caller(owner)
            before = await resting.told(id)

            refused = [
                await me.post("/v1/projects", json={"name": "Another"}),
                await me.patch(f"/v1/projects/{id}", json={"name": "Renamed"}),
                await me.delete(f"/v1/projects/{id}"),
                await me.put(f"/v1/projects/{id}/logo", content=b"x"),
            ]

            assert [answer.status_code for answer in refused] == [503] * 4
            assert {answer.headers["retry-after"] for answer in refused} == {"60"}
            assert {answer.headers["content-type"] for answer in refused} == {"application/problem+json"}
            assert {answer.json()["type"] for answer in refused} == {"/problems/read-only"}
            assert (await me.get(f"/v1/projects/{id}")).status_code == 200
            assert await resting.told(id) == before
            assert (await drafted(projects, owner))[0] == 201  # of another process, that is not told to rest


async def test_what_was_committed_before_is_told_and_timers_rest(platform: Platform, issuer: Issuer):
    async with serving(rooms, platform, issuer, more={"read_only": True}) as resting:
        assert (await (await resting.caller()).get("/health/ready")).status_code == 200
        held = resting.service.store.database["leases"]

        async def relaying() -> bool:
            return await held.count({"_id": "relay"}) == 1

        await eventually(relaying, what="the relay's lease")
        assert resting.service.jobs != ()
        assert await held.count({"_id": {"$in": [job.name for job in resting.service.jobs]}}) == 0


@pytest.mark.parametrize("path", ["/oauth2/introspect", "/oauth2/userinfo"])
async def test_what_only_reads_is_answered_though_it_is_posted(platform: Platform, issuer: Issuer, path: str):
    more = {"read_only": True, "key_secret": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    async with serving(identity_rooms, platform, issuer, more=more) as identity:
        anybody = await identity.caller()
        assert (await anybody.post(path)).status_code in {400, 401}
        assert (await anybody.post("/oauth2/token")).status_code == 503
