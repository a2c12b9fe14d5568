"""Replicas whose clocks are ten minutes apart: what they do to the same things by turns is told in its order."""

import asyncio
import time

import httpx
from uuid6 import uuid7

from deploy.local.platform import Platform
from deploy.local.ports import HOST, choose, somewhere
from services.chassis.mongo import Database
from tests.component.chassis.test_relay import read
from tests.faults.replicas import replicas
from tests.support.issuer import Issuer

APART = 300.0
"""Seconds that one is behind, and the other ahead."""
THINGS = 8
TURNS = 6


async def test_clocks_ten_minutes_apart_change_nothing_about_the_order_of_a_key(platform: Platform, issuer: Issuer):
    ports = list(choose(somewhere()).values())[:2]
    now = int(time.time())
    token = issuer.token(str(uuid7()), iat=now - 1000, auth_time=now - 1000, exp=now + 1000)
    async with replicas(platform, issuer) as projects:
        await asyncio.gather(projects.start(ports[0], ahead=APART), projects.start(ports[1], ahead=-APART))
        here, there = (
            httpx.AsyncClient(
                base_url=f"http://{HOST}:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=90
            )
            for port in ports
        )
        async with here, there:
            drafted = await asyncio.gather(*(draft(here) for _ in range(THINGS)))
            for turn in range(TURNS):
                await asyncio.gather(*(edit((there, here)[turn % 2], id, turn) for id in drafted))

        keys = {f"project/{id}" for id in drafted}
        told = await read(platform, keys, THINGS * (TURNS + 1), first=True)  # a slow relay may repeat
        assert told == {key: list(range(1, TURNS + 2)) for key in keys}
        assert await in_their_order(platform, projects.database, keys)


async def in_their_order(platform: Platform, database: str, keys: set[str]) -> bool:
    """Say whether the event log has each key in its order, whoever's clock it was written by."""
    store = Database(platform.addresses.mongodb_uri, database)
    try:
        rows = await store["outbox"].find({"key": {"$in": list(keys)}}, sort=[("pos", 1)])
        return all([row["sequence"] for row in rows if row["key"] == key] == list(range(1, TURNS + 2)) for key in keys)
    finally:
        await store.drop()
        store.close()


async def draft(http: httpx.AsyncClient) -> str:
    answer = await http.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def edit(http: httpx.AsyncClient, id: str, turn: int) -> None:
    answer = await http.patch(f"/v1/projects/{id}", json={"description": f"Turn {turn}."})
    assert answer.status_code == 200, answer.text
