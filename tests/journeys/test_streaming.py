"""Changes pass the gateway as they happen, whatever it compresses, and it holds no stream of who has left."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from uuid6 import uuid7

from deploy.local import seed
from deploy.local.platform import Platform
from tests.support.waiting import eventually


@pytest.fixture
async def owner(whole: Platform) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=90) as http:
        person = seed.journey(whole, http).administrator
        await person.sign_up()
        await person.sign_in()
        headers = {"Authorization": f"Bearer {person.token}"}
        async with httpx.AsyncClient(base_url=whole.addresses.gateway, headers=headers, timeout=90) as client:
            yield client


async def open_streams(whole: Platform) -> int:
    async with httpx.AsyncClient(timeout=90) as client:
        text = (await client.get(f"{whole.addresses.projects}/metrics")).text
    found = re.search(r"^mentorship_live_streams ([\d.]+)$", text, re.MULTILINE)
    assert found
    return int(float(found.group(1)))


async def test_a_change_arrives_through_the_gateway_at_once_and_who_leaves_is_let_go(
    whole: Platform, owner: httpx.AsyncClient
):
    async with owner.stream("GET", "/v1/projects/stream", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(("id:", "retry:"))
        id = (await owner.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})).json()["id"]

        async def hear() -> bool:
            async for line in lines:
                if line.startswith("data:") and id in line:
                    return True
            return False

        assert await asyncio.wait_for(hear(), 180)

    async def let_go() -> bool:
        return await open_streams(whole) == 0

    await eventually(let_go, what="the place of who left")


async def test_what_the_gateway_compressed_is_known_again_and_can_be_changed(owner: httpx.AsyncClient):
    drafted = await owner.post("/v1/projects", json={"name": f"Kernel {uuid7()}", "description": "word " * 400})
    place = f"/v1/projects/{drafted.json()['id']}"
    tag = drafted.headers["etag"]
    for skill in ("C", "Rust"):
        edited = await owner.patch(place, json={"skills": [skill]}, headers={"If-Match": tag})
        assert edited.status_code == 200, (tag, edited.text)
        tag = (await owner.get(place)).headers["etag"]
        assert (await owner.get(place, headers={"If-None-Match": tag})).status_code == 304
