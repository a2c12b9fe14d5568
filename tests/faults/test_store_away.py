"""The store goes away and comes back: everybody is told to ask again, and nothing needs a restart."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.platform import Platform
from tests.support.settled import everything_has_arrived
from tests.support.waiting import eventually

READING_THE_STORE = {
    "identity": "/v1/me",
    "projects": "/v1/projects",
    "applications": "/v1/applications",
    "stipends": "/v1/stipends",
}


@pytest.fixture
async def somebody(whole: Platform) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20) as http:
        person = seed.journey(whole, http).mentee
        await person.sign_up()
        await person.sign_in()
        headers = {"Authorization": f"Bearer {person.token}"}
        async with httpx.AsyncClient(base_url=whole.addresses.gateway, headers=headers, timeout=90) as client:
            yield client


async def test_a_store_that_is_away_is_a_clear_answer_and_comes_back_by_itself(
    whole: Platform, somebody: httpx.AsyncClient
):
    async def answers() -> dict[str, httpx.Response]:
        found = await asyncio.gather(*(somebody.get(path) for path in READING_THE_STORE.values()))
        return dict(zip(READING_THE_STORE, found, strict=True))

    assert {answer.status_code for answer in (await answers()).values()} == {200}

    await asyncio.to_thread(whole.kill, "mongod")
    away = await answers()
    alive = [await somebody.get(f"{whole.addresses.of_service(name)}/health/live") for name in SERVICES]
    assert {name: answer.status_code for name, answer in away.items()} == dict.fromkeys(SERVICES, 503)
    assert {answer.json()["type"] for answer in away.values()} == {"/problems/store-away"}
    assert {answer.headers["retry-after"] for answer in away.values()} == {"1"}
    assert [answer.status_code for answer in alive] == [200] * len(SERVICES)
    whole.start_process("mongod")

    async def back() -> bool:
        return {answer.status_code for answer in (await answers()).values()} == {200}

    await eventually(back, within=180, what="the store's return")
    await everything_has_arrived(whole)
