"""What every request meets first and every answer last: bounds of its head, its time, its name, safe headers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import StreamingResponse

from services.chassis.edge import LARGEST_HEADERS, LONGEST_URL, MOST_HEADERS, Edge
from services.chassis.http import Body, anyone, router, upload
from services.chassis.mongo import collection
from services.chassis.nesting import DEEPEST
from services.chassis.problems import answer_with_problems
from services.chassis.store import Store

Stream = Annotated[AsyncIterator[bytes], upload(10_000)]


class Anything(Body):
    value: Any = None


def application(store: Store, patience: float) -> FastAPI:
    app = FastAPI()
    app.state.store = store
    for routes in (quick(), slow(store)):
        app.include_router(routes)
    answer_with_problems(app)
    app.add_middleware(Edge, https=True, patience=patience)
    return app


def quick() -> APIRouter:
    routes = router("/things", "things")

    @routes.get("", dependencies=[Depends(anyone)])
    async def look() -> dict[str, str]:
        return {}

    @routes.post("", dependencies=[Depends(anyone)])
    async def put(command: Anything) -> dict[str, Any]:
        return {"value": command.value}

    @routes.get("/framed", dependencies=[Depends(anyone)])
    async def framed(response: Response) -> dict[str, str]:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return {}

    return routes


def slow(store: Store) -> APIRouter:
    routes = router("/things", "things")

    @routes.post("/stuck", dependencies=[Depends(anyone)])
    async def stuck() -> dict[str, str]:
        async def work() -> None:
            await store.database["things"].insert({"_id": "half"})
            await asyncio.Event().wait()

        await store.transaction(work)
        return {}

    @routes.put("/trickle", dependencies=[Depends(anyone)])
    async def trickle(stream: Stream) -> dict[str, str]:
        async for _ in stream:
            pass
        return {}

    @routes.get("/long", dependencies=[Depends(anyone)])
    async def long() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"begun "
            await asyncio.sleep(0.6)
            yield b"ended"

        return StreamingResponse(pieces())

    @routes.get("/broken", dependencies=[Depends(anyone)])
    async def broken() -> None:
        raise ZeroDivisionError

    @routes.get("/searched", dependencies=[Depends(anyone)])
    async def searched() -> dict[str, int]:
        forever = {"$where": "function() { while (true) {} }"}
        return {"found": len(await store.database["things"].find(forever))}

    return routes


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(store, patience=0.5) as client:
        yield client


@asynccontextmanager
async def calling(store: Store, *, patience: float) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(store, patience))
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        yield client


async def test_what_does_not_begin_in_time_is_given_up_and_nothing_is_half_done(
    client: httpx.AsyncClient, store: Store
):
    await store.database["things"].insert({"_id": "there before"})
    answer = await client.post("/things/stuck")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/took-too-long")
    assert answer.headers["retry-after"] == "1"
    assert [thing["_id"] for thing in await store.database["things"].find({})] == ["there before"]


async def test_a_fault_is_answered_with_its_trace_and_nothing_of_what_went_wrong(client: httpx.AsyncClient):
    answer = await client.get("/things/broken")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/fault")
    assert "division" not in answer.text


async def test_a_body_that_never_ends_is_given_up_too(client: httpx.AsyncClient):
    async def drops() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.05)
            yield b"."

    answer = await client.put("/things/trickle", content=drops())
    assert answer.status_code == 503


async def test_an_answer_that_has_begun_goes_on_for_as_long_as_it_takes(client: httpx.AsyncClient):
    answer = await client.get("/things/long")
    assert (answer.status_code, answer.text) == (200, "begun ended")


async def test_the_store_gives_a_query_up_that_takes_too_long(store: Store, monkeypatch: pytest.MonkeyPatch):
    await store.database["things"].insert({"_id": "one"})
    monkeypatch.setattr(collection, "LONGEST_QUERY", 100)
    async with calling(store, patience=60) as client:
        answer = await client.get("/things/searched")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/took-too-long")
    assert "store" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "headers", "status", "kind"),
    [
        ("?" + "x" * LONGEST_URL, {}, 414, "url-too-long"),
        ("", {"x": "x" * LARGEST_HEADERS}, 431, "headers-too-large"),
        ("", {f"x-{n}": "" for n in range(MOST_HEADERS)}, 431, "headers-too-large"),
    ],
)
async def test_a_head_larger_than_any_of_ours_is_refused(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], status: int, kind: str
):
    answer = await client.get(f"/things{path}", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 500])
async def test_a_body_is_nested_so_deep_and_no_deeper(client: httpx.AsyncClient, depth: int):
    body = '{"value": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    answer = await client.post("/things", content=body, headers={"content-type": "application/json"})
    wanted = (200, None) if depth == DEEPEST else (400, "/problems/malformed")
    assert (answer.status_code, answer.json().get("type")) == wanted


async def test_every_answer_tells_browsers_to_be_careful(client: httpx.AsyncClient):
    for answer in (await client.get("/things"), await client.get("/nowhere"), await client.post("/things")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert (await client.get("/things/framed")).headers.get_list("x-frame-options") == ["SAMEORIGIN"]


async def test_a_request_keeps_the_name_it_came_with_and_gets_one_otherwise(client: httpx.AsyncClient):
    named = await client.get("/things", headers={"X-Request-Id": "a-decent-name"})
    assert named.headers["x-request-id"] == "a-decent-name"
    given = [
        (await client.get("/things", headers=headers)).headers["x-request-id"]
        for headers in ({}, {"X-Request-Id": "short"}, {"X-Request-Id": "no blanks, no {}"}, {"X-Request-Id": "x" * 65})
    ]
    assert len(set(given)) == 4
    assert all(len(id) == 36 for id in given)
