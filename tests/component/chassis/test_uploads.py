"""Bodies on their way in: bounded where nothing is said, longer and uninterpreted where a route takes an upload."""

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI

from services.chassis.edge import LARGEST_BODY, Edge
from services.chassis.http import Body, anyone, binary_body, router, upload
from services.chassis.problems import answer_with_problems
from services.chassis.store import Store

MOST = 3 * LARGEST_BODY
Stream = Annotated[AsyncIterator[bytes], upload(MOST)]


class Reason(Body):
    reason: str = "none"


def application(store: Store) -> FastAPI:
    routes = router("/things", "things")

    @routes.put("/file", dependencies=[Depends(anyone)], openapi_extra=binary_body("image/png"))
    async def put_file(stream: Stream) -> dict[str, Any]:
        digest, size = hashlib.sha256(), 0
        async for part in stream:
            digest.update(part)
            size += len(part)
        return {"size": size, "sha256": digest.hexdigest()}

    @routes.post("/leave", dependencies=[Depends(anyone)])
    async def leave(command: Reason | None = None) -> dict[str, str]:
        return {"reason": command.reason if command else "left out"}

    app = FastAPI()
    app.state.store = store
    app.include_router(routes)
    answer_with_problems(app)
    app.add_middleware(Edge)
    return app


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(store))
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        yield client


@pytest.mark.parametrize("size", [0, 1, LARGEST_BODY + 1, MOST])
async def test_an_upload_arrives_whole_up_to_its_own_limit(client: httpx.AsyncClient, size: int):
    answer = await client.put("/things/file", content=b"x" * size, headers={"content-type": "image/png"})
    assert answer.json() == {"size": size, "sha256": hashlib.sha256(b"x" * size).hexdigest()}


async def test_an_upload_over_its_limit_is_refused_announced_or_not(client: httpx.AsyncClient):
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * LARGEST_BODY

    answers = [
        await client.put("/things/file", content=b"x" * (MOST + 1)),
        await client.put("/things/file", content=unannounced()),
    ]
    assert [answer.status_code for answer in answers] == [413, 413]
    assert str(MOST) in answers[0].json()["detail"]


async def test_a_body_that_may_be_left_out_may_be_left_out(client: httpx.AsyncClient):
    answers = [
        await client.post("/things/leave"),
        await client.post("/things/leave", json={"reason": "ill"}),
        await client.post("/things/leave", content=b"reason=ill", headers={"content-type": "text/plain"}),
        await client.post("/things/leave", content=b'{"reason": "ill"}'),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 415, 415]
    assert [answer.json()["reason"] for answer in answers[:2]] == ["left out", "ill"]
