"""Every route there is, asked wrongly: a clear problem for people, never a fault."""

import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from tests.architecture.problems_page import kinds

Operation = tuple[str, str, dict[str, Any]]
JSON = {"content-type": "application/json"}
KINDS = kinds()
LARGEST = 1024 * 1024
"""Bytes of a body that is read."""


@pytest.fixture(scope="module")
async def somebody(whole: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that is signed in and has nothing to do with anything."""
    async with httpx.AsyncClient(timeout=90) as http:
        person = seed.journey(whole, http).mentee
        await person.sign_up()
        await person.sign_in()
        headers = {"Authorization": f"Bearer {person.token}"}
        async with httpx.AsyncClient(base_url=whole.addresses.gateway, headers=headers, timeout=90) as client:
            yield client


async def operations(client: httpx.AsyncClient, service: str) -> list[Operation]:
    """Give method, path and description of all that is under /v1."""
    document = (await client.get(f"/openapi/{service}.json")).json()
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if path.startswith("/v1/")
    ]


async def answered(client: httpx.AsyncClient, method: str, place: str, **request: Any) -> httpx.Response:
    """Ask; of an answer that goes on without end, give the head."""
    async with client.stream(method, place, **request) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return httpx.Response(answer.status_code, headers=answer.headers)
        await answer.aread()
    return answer


def filled(path: str, value: str) -> str:
    """Put the same value wherever the path has a hole."""
    return re.sub(r"\{[^}]*\}", lambda _: value, path)


def wrong(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give ways to ask wrongly, and what each is about."""
    method, path, description = operation
    good = filled(path, str(uuid7()))
    yield good, {"params": {"nobody_knows_this": "1"}}
    for hostile in ("%00", "%24ne", "..%2f..", "x" * 300, "%F0%9F%92%A9"):
        yield filled(path, hostile), {}
    if "requestBody" in description:
        bodies = (b"", b"{", b"[]", b'"x"', b'{"nobody_knows_this": 1}', b'{"id": {"$ne": 1}}', b'{"name": "\\ud800"}')
        yield from ((good, {"content": body, "headers": JSON}) for body in bodies)
        yield good, {"content": b"<x/>", "headers": {"content-type": "application/xml"}}
        alone = JSON | {"connection": "close"}  # who will not read a body may hang up, also on what comes after it
        yield good, {"content": b'{"x": "' + b"x" * LARGEST + b'"}', "headers": alone}
    if method == "POST":
        yield good, {"headers": {"Idempotency-Key": "x" * 300}}
    yield good, {"headers": {"If-Match": "yesterday"}}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_wrong_request_is_answered_by_a_clear_problem(somebody: httpx.AsyncClient, service: str):
    for operation in await operations(somebody, service):
        for place, request in wrong(operation):
            try:
                answer = await answered(somebody, operation[0], place, **request)
            except httpx.TransportError:
                assert len(request["content"]) > LARGEST, place  # who will not read a body may hang up on it
                continue
            said = f"{operation[0]} {place} {str(request)[:200]}: {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500, said
            if answer.is_client_error:
                assert answer.headers["content-type"] == "application/problem+json", said
                problem = answer.json()
                assert problem["status"] == answer.status_code, said
                assert problem["type"].removeprefix("/problems/") in KINDS, said
                assert problem["detail"], said


@pytest.mark.parametrize("service", SERVICES)
async def test_an_unknown_query_parameter_is_malformed_everywhere(somebody: httpx.AsyncClient, service: str):
    for method, path, _ in await operations(somebody, service):
        answer = await somebody.request(method, filled(path, str(uuid7())), params={"nobody_knows_this": "1"})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed"), f"{method} {path}"


async def test_a_number_in_a_query_is_no_time(somebody: httpx.AsyncClient, journey: Journey):
    await journey.finance.be_signed_in()
    finance = {"Authorization": f"Bearer {journey.finance.token}"}
    asked = set()
    reads = [one for service in SERVICES for one in await operations(somebody, service) if one[0] == "GET"]
    for _, path, description in reads:
        times = [said["name"] for said in description.get("parameters", ()) if '"date' in json.dumps(said["schema"])]
        for name in times:
            answer = await somebody.get(filled(path, str(uuid7())), params={name: "0"}, headers=finance)
            assert answer.status_code == httpx.codes.BAD_REQUEST, f"{path}?{name}: {answer.text}"
            assert answer.json()["type"] == "/problems/malformed", f"{path}?{name}"
            asked.add(f"{path}?{name}")
    assert len(asked) == 7


async def test_a_route_that_is_not_public_needs_a_token(whole: Platform):
    public = set()
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90) as anybody:
        every = [await operations(anybody, service) for service in SERVICES]
        for method, path, description in itertools.chain.from_iterable(every):
            body = b"{}" if "requestBody" in description else None
            headers = JSON | {"Idempotency-Key": str(uuid7())}
            answer = await answered(anybody, method, filled(path, str(uuid7())), content=body, headers=headers)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                public.add(f"{method} {path}")
    assert public == {
        "POST /v1/accounts",
        "POST /v1/accounts/verify-email",
        "POST /v1/accounts/resend-verification",
        "POST /v1/accounts/forgot-password",
        "POST /v1/accounts/reset-password",
        "GET /v1/applications/agreements",
        "GET /v1/certificates/graduates",
        "GET /v1/certificates/{code}",
        "GET /v1/mentees",
        "GET /v1/mentees/{id}",
        "GET /v1/mentees/{id}/avatar",
        "GET /v1/mentors",
        "GET /v1/mentors/{id}",
        "GET /v1/mentors/{id}/avatar",
        "GET /v1/projects",
        "GET /v1/projects/facets",
        "GET /v1/projects/feed.atom",
        "GET /v1/projects/stream",
        "GET /v1/projects/terms-and-conditions",
        "GET /v1/projects/{id}",
        "GET /v1/projects/{id}/calendar.ics",
        "GET /v1/projects/{id}/logo",
        "GET /v1/projects/{id}/members",
        "GET /v1/terms/calendar/{token}.ics",
        "GET /v1/stipend-schedules",
        "GET /v1/stipend-schedules/{version}/amounts",
        "GET /v1/stipend-schedules/{version}/changes",
        "POST /v1/payments/callbacks/sandbox",
        "POST /v1/payments/callbacks/stripe",
    }
