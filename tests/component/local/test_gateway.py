"""The gateway in front of services that a test plays: what it lets pass, what it adds, what it asks again."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import HOST
from tests.support.gateway import gateway
from tests.support.waiting import a_moment

MIB = 1024 * 1024
Head = dict[str, str]
Answer = Callable[[str, Head, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def played(answer: Answer) -> AsyncIterator[str]:
    """Play a service: of each request `answer` is given the first line and the headers, and the connection ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        head = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        try:
            if "/health/ready" in first:
                await say(writer, "{}")
            else:
                await answer(first, head, reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, HOST, 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"{host}:{port}"


async def say(writer: asyncio.StreamWriter, body: str, status: str = "200 OK", *more: str) -> None:
    headers = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close", *more)
    writer.write("\r\n".join((f"HTTP/1.1 {status}", *headers, "", body)).encode())
    await writer.drain()


@pytest.fixture
async def heard() -> list[Head]:
    return []


@pytest.fixture
async def http(tmp_path: Path, heard: list[Head]) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the gateway; behind it projects answers everything, and notes what it heard."""

    async def answer(first: str, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(head | {":first": first})
        more = ("X-Frame-Options: SAMEORIGIN",) if "framed" in first else ()
        await say(writer, '{"said": "' + "x" * 2000 + '"}', "200 OK", "Server: uvicorn", *more)

    async with AsyncExitStack() as open_:
        upstream = await open_.enter_async_context(played(answer))
        url = await open_.enter_async_context(gateway(tmp_path, replicas="one", projects=upstream))
        yield await open_.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))


async def test_a_request_has_one_name_on_its_whole_way(http: httpx.AsyncClient, heard: list[Head]):
    mine = await http.get("/v1/projects", headers={"X-Request-Id": "my-own.name_1"})
    assert (mine.headers.get_list("x-request-id"), heard[-1]["x-request-id"]) == (["my-own.name_1"], "my-own.name_1")
    for indecent in ({}, {"X-Request-Id": "short"}, {"X-Request-Id": "two words {http.request.host}"}):
        answer = await http.get("/v1/projects", headers=indecent)
        (given,) = answer.headers.get_list("x-request-id")
        assert re.fullmatch(r"[0-9a-f-]{36}", given)
        assert heard[-1]["x-request-id"] == given


async def test_nobody_names_their_own_address(http: httpx.AsyncClient, heard: list[Head]):
    lies = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    await http.get("/v1/projects", headers=lies | {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil"})
    assert heard[-1]["x-forwarded-for"] == HOST
    assert heard[-1]["x-forwarded-proto"] == "http"
    assert "203.0.113.7" not in str(heard[-1])
    assert "evil" not in str(heard[-1])


@pytest.mark.parametrize("path", ["/v1/projects", "/v1/stipends", "/nowhere", "/"])
async def test_every_answer_tells_browsers_to_be_careful(http: httpx.AsyncClient, path: str):
    headers = (await http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in headers


async def test_a_services_own_word_wins(http: httpx.AsyncClient):
    headers = (await http.get("/v1/projects/framed")).headers
    assert headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_what_is_long_is_compressed(http: httpx.AsyncClient):
    assert (await http.get("/v1/projects")).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "path",
    [
        "/health",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/metrics/",
        "//metrics",
        "/v1/projects/../../metrics",
        "/v1/projects/%2e%2e/%2e%2e/metrics",
        "/v1/projects/..%2f..%2fhealth/live",
        "/v1/projectsmetrics",
        "/openapi.json",
        "/openapi",
        "/docs",
        "/redoc",
        "/config/",
        "/debug/pprof/",
        "/Caddyfile",
        "/.env",
        "/.git/config",
        "/internal",
        "/problems/../Caddyfile",
    ],
)
async def test_what_is_for_operators_is_asked_of_nobody(http: httpx.AsyncClient, heard: list[Head], path: str):
    """Sent as it is: a client library would tidy the path up first."""
    origin = http.base_url
    reader, writer = await asyncio.open_connection(origin.host, origin.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {origin.host}:{origin.port}\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    assert [one[":first"] for one in heard if "metrics" in one[":first"] or "health" in one[":first"]] == []
    assert head.split()[1] == "404", head
    assert "application/problem+json" in head
    assert "/problems/not-found" in body


async def test_a_service_that_is_away_is_a_problem_and_worth_asking_again(http: httpx.AsyncClient):
    answer = await http.post("/v1/stipends", headers={"X-Request-Id": "to-nobody"})
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert (answer.json()["type"], answer.json()["instance"]) == ("/problems/service-away", "/v1/stipends")
    assert (answer.headers["retry-after"], answer.headers["x-request-id"]) == ("1", "to-nobody")


@pytest.mark.parametrize(
    ("method", "path", "size", "passes"),
    [
        ("POST", "/v1/projects", MIB, True),
        ("POST", "/v1/projects", MIB + 1, False),
        ("PUT", "/v1/projects/7/logo", MIB + 1, True),
        ("PUT", "/v1/projects/7/logo", 22 * MIB + 1, False),
    ],
)
async def test_a_body_is_so_long_and_no_longer(tmp_path: Path, method: str, path: str, size: int, *, passes: bool):
    async def answer(_: str, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(int(head["content-length"]))
        await say(writer, "{}")

    async with (
        played(answer) as upstream,
        gateway(tmp_path, replicas="one", projects=upstream) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        answered = await http.request(method, path, content=b"x" * size)
    assert answered.status_code == (200 if passes else 413)
    if not passes:
        assert answered.json()["type"] == "/problems/body-too-large"


async def test_a_head_over_its_limit_is_refused(http: httpx.AsyncClient, heard: list[Head]):
    with suppress(httpx.TransportError):  # who will not read it all may hang up
        assert (await http.get("/v1/projects", headers={"X-Long": "x" * 64 * 1024})).status_code == 431
    assert heard == []


@pytest.mark.parametrize(("method", "asked"), [("GET", 2), ("POST", 1), ("PUT", 1), ("PATCH", 1), ("DELETE", 1)])
async def test_only_what_reads_is_asked_of_another_replica_when_one_breaks_off(tmp_path: Path, method: str, asked: int):
    """Two replicas, of which the first that is asked hangs up: nobody knows what it has done."""
    arrived: Counter[str] = Counter()

    async def answer(first: str, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived[first.split(maxsplit=1)[0]] += 1
        if arrived.total() > 1:
            await say(writer, "{}")

    async with (
        played(answer) as one,
        played(answer) as other,
        gateway(tmp_path, projects=f"{one} {other}") as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        answered = await http.request(method, "/v1/projects", json={} if method != "GET" else None)
    assert arrived == {method: asked}
    assert answered.status_code == (200 if asked > 1 else 503)
    if asked == 1:
        assert answered.json()["type"] == "/problems/service-away"


async def test_who_is_slow_keeps_nobody_waiting_and_is_hung_up_on(http: httpx.AsyncClient):
    """`benchmarks/slow.py` measures how long the others wait."""
    host, port = http.base_url.host, http.base_url.port
    head = f"POST /v1/projects HTTP/1.1\r\nHost: {host}:{port}\r\n"
    begun = [head] * 100 + [head + "Content-Length: 1000\r\n\r\n"] * 100
    unread = f"GET /v1/projects HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n" * 200
    slow = [await asyncio.open_connection(host, port) for _ in (*begun, *range(50))]
    for (_, writer), said in zip(slow, [*begun, *[unread] * 50], strict=True):
        writer.write(said.encode())
    trickling = [asyncio.create_task(trickle([writer for _, writer in slow[:200]]))]
    answers = [(await http.get("/v1/projects")).status_code for _ in range(100)]
    assert answers == [200] * 100
    for reader, _ in slow[:100]:
        with suppress(ConnectionError):  # a byte that comes after the end is answered by a reset
            await asyncio.wait_for(reader.read(), 60)
    trickling[0].cancel()
    await asyncio.gather(*trickling, return_exceptions=True)
    for _, writer in slow:
        writer.transport.abort()


async def trickle(writers: list[asyncio.StreamWriter]) -> None:
    """Send a byte a second to each: a header that goes on and on, or a body."""
    while True:
        for writer in writers:
            writer.write(b"x")
        await a_moment(1)
