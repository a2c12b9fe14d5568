"""The conventions of the HTTP surface, on a real service: errors for people, nothing half done, nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


@pytest.fixture
async def owner(projects: Served) -> httpx.AsyncClient:
    return await projects.caller(str(uuid7()))


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no JSON": ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "malformed"),
    "not an object": ({"json": []}, 422, "invalid"),
    "another media type": ({"content": b"name=x", "headers": {"content-type": "text/plain"}}, 415, "unsupported-media"),
    "no media type": ({"content": b"{}"}, 415, "unsupported-media"),
    "an unknown field": ({"json": {"name": "x", "status": "published"}}, 422, "invalid"),
    "a missing field": ({"json": {}}, 422, "invalid"),
    "an empty name": ({"json": {"name": "   "}}, 422, "invalid"),
    "a long name": ({"json": {"name": "x" * 201}}, 422, "invalid"),
    "a control character": ({"json": {"name": "a\u0000b"}}, 422, "invalid"),
    "half a surrogate": (
        {"content": b'{"name": "\\ud800"}', "headers": {"content-type": "application/json"}},
        422,
        "invalid",
    ),
    "an operator": ({"json": {"name": {"$ne": 1}}}, 422, "invalid"),
    "a number": ({"json": {"name": 1}}, 422, "invalid"),
    "a foreign scheme": ({"json": {"name": "x", "repository_url": "javascript:alert(1)"}}, 422, "invalid"),
    "too much": ({"json": {"name": "x" * 2_000_000}}, 413, "body-too-large"),
    "an unknown query parameter": ({"json": {"name": "x"}, "params": {"y": "1"}}, 400, "malformed"),
    "a bad If-Match": ({"json": {"name": "x"}, "headers": {"if-match": "yesterday"}}, 400, "malformed"),
    "an endless key": ({"json": {"name": "x"}, "headers": {"idempotency-key": "k" * 300}}, 400, "malformed"),
}


@pytest.mark.parametrize("case", BAD, ids=BAD)
async def test_bad_input_gets_a_clear_answer_and_leaves_nothing(projects: Served, owner: httpx.AsyncClient, case: str):
    request, status, kind = BAD[case]
    before = await projects.service.store.database["projects"].count({})

    answer = await owner.post("/v1/projects", **request)

    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert problem["type"].startswith(f"/problems/{kind}")
    assert (problem["status"], problem["instance"]) == (status, "/v1/projects")
    assert problem["detail"]
    assert len(problem["trace_id"]) == 32
    assert await projects.service.store.database["projects"].count({}) == before


async def test_a_body_that_never_ends_is_refused_before_it_is_read_whole(owner: httpx.AsyncClient):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 65_536

    answer = await owner.post("/v1/projects", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


TOKENS = {
    "none": ({}, "This needs an access token"),
    "no token at all": ({"Authorization": "Bearer x"}, "cannot be read"),
    "another scheme": ({"Authorization": "Basic eDp5"}, "This needs an access token"),
}


@pytest.mark.parametrize("case", TOKENS, ids=TOKENS)
async def test_without_a_good_token_nothing_is_changed(projects: Served, case: str):
    headers, said = TOKENS[case]
    answer = await (await projects.caller()).post("/v1/projects", json={"name": "x"}, headers=headers)
    assert (answer.status_code, said in answer.json()["detail"]) == (401, True)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "claims",
    [{"aud": "https://elsewhere"}, {"iss": "https://elsewhere"}, {"exp": 1}, {"sub": None}],
    ids=str,
)
async def test_a_token_for_others_or_of_yesterday_does_not_hold(projects: Served, claims: dict[str, object]):
    token = projects.issuer.token("somebody", **claims)
    headers = {"Authorization": f"Bearer {token}"}
    answer = await (await projects.caller()).post("/v1/projects", json={"name": "x"}, headers=headers)
    assert answer.status_code == 401


async def test_a_request_sent_again_with_its_key_is_answered_alike_and_done_once(owner: httpx.AsyncClient):
    wanted = {"name": f"Kernel {uuid7()}"}
    headers = {"Idempotency-Key": str(uuid7())}

    answers = await asyncio.gather(*(owner.post("/v1/projects", json=wanted, headers=headers) for _ in range(5)))
    another = await owner.post("/v1/projects", json={"name": "x"}, headers=headers)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert (another.status_code, another.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_an_edit_that_expects_another_version_is_refused(owner: httpx.AsyncClient):
    drafted = await owner.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})
    place, tag = f"/v1/projects/{drafted.json()['id']}", drafted.headers["etag"]

    first = await owner.patch(place, json={"description": "One."}, headers={"If-Match": tag})
    second = await owner.patch(place, json={"description": "Two."}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert (await owner.get(place)).json()["description"] == "One."


async def test_what_is_known_already_is_not_sent_again(owner: httpx.AsyncClient):
    drafted = await owner.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})
    place = f"/v1/projects/{drafted.json()['id']}"
    first = await owner.get(place)
    answer = await owner.get(place, headers={"If-None-Match": first.headers["etag"]})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_pages_follow_each_other_without_gap_or_repetition_while_others_add(owner: httpx.AsyncClient):
    made = [(await owner.post("/v1/projects", json={"name": f"P {uuid7()}"})).json()["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = (await owner.get("/v1/projects", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["id"] for item in page["items"]]
        await owner.post("/v1/projects", json={"name": f"P {uuid7()}"})
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == sorted(made, reverse=True)


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "%"}, {"limit": [1, 2]}])
async def test_a_page_that_cannot_be_is_malformed(owner: httpx.AsyncClient, params: dict[str, Any]):
    assert (await owner.get("/v1/projects", params=params)).status_code == 400


async def test_a_path_that_is_not_there_and_a_method_that_is_not_are_problems(owner: httpx.AsyncClient):
    nothing, wrong = await owner.get("/v1/nothing"), await owner.delete("/v1/projects")
    assert (nothing.status_code, wrong.status_code) == (404, 405)
    assert {answer.headers["content-type"] for answer in (nothing, wrong)} == {"application/problem+json"}


async def test_a_trace_that_comes_in_goes_on_into_the_event(projects: Served, owner: httpx.AsyncClient):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    id = (await owner.post("/v1/projects", json={"name": f"P {uuid7()}"}, headers=headers)).json()["id"]
    row = await projects.service.store.database["outbox"].find_one({"key": f"project/{id}"})
    assert row is not None
    assert row["headers"]["traceparent"].split("-")[1] == trace


@pytest.mark.parametrize(
    "path", ["/openapi/projects.json", "/asyncapi/projects.json", "/asyncapi/projects", "/docs/projects"]
)
async def test_the_service_describes_itself(projects: Served, path: str):
    answer = await (await projects.caller()).get(path)
    assert answer.status_code == 200
    assert "rojects" in answer.text


async def test_metrics_are_there_for_prometheus(projects: Served):
    text = (await (await projects.caller()).get("/metrics")).text
    for name in (
        "http_request_seconds",
        "decisions_total",
        "outbox_rows",
        "outbox_age_seconds",
        "consumer_lag_messages",
    ):
        assert f"mentorship_{name}" in text
