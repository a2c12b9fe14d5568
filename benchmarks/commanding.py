"""Commands over HTTP against raw transactions, and how long an event takes from its commit to the others."""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import httpx
from uuid6 import uuid7

from benchmarks.measured import Measured
from benchmarks.raw import AT_ONCE, Connection, connections, rate, two_inserts
from deploy.local import seed
from deploy.local.journey.person import Person, until
from deploy.local.platform import Platform
from services.chassis.mongo import Database, Document

NEEDED = ("mongod", "broker", "mailbox", "sandbox", "gateway", "identity", "projects", "applications")
ROUNDS = 4


async def measure(platform: Platform, scale: float) -> list[Measured]:
    async with httpx.AsyncClient(timeout=30) as http:
        person = seed.journey(platform, http).administrator
        await person.sign_up()
        await person.sign_in()
        port = platform.addresses.ports["projects"]
        async with (
            apart(platform, "projects"),
            connections(port, AT_ONCE) as open_ones,
            two_inserts(platform.addresses.mongodb_uri) as raw,
        ):
            await rate([lambda one=one: draft(one, person) for one in open_ones], 2)  # type: ignore[misc]
            async with apart(platform, "applications"):
                latencies = await hand_overs(platform, open_ones, person, int(1500 * scale))
            await asyncio.to_thread(platform.stop, "identity")  # it hears of projects too, on the same cores
            shares, raws = [], []
            for _ in range(ROUNDS):
                raws.append(await raw(4 * scale))
                commands = await rate([lambda one=one: draft(one, person) for one in open_ones], 5 * scale)  # type: ignore[misc]
                shares.append(commands / raws[-1])
    return [
        Measured("raw two-insert transactions", statistics.median(raws), "a second"),
        Measured("command over HTTP / raw transaction, relay running", statistics.median(shares), "", 0.6),
        *latencies,
    ]


@asynccontextmanager
async def apart(platform: Platform, service: str) -> AsyncIterator[None]:
    """Run it as the chart does: HTTP in one process, relay, consumer and timers in another."""
    await asyncio.to_thread(platform.stop, service)
    ports = {"api": platform.addresses.ports[service], "worker": free_port()}
    running = [start(platform, service, role, port) for role, port in ports.items()]
    try:
        await until(lambda: are_ready(ports.values()), f"{service}, in two processes")
        yield
    finally:
        for process in running:
            process.terminate()
            process.wait()


async def are_ready(ports: Iterable[int]) -> bool:
    async with httpx.AsyncClient() as http:
        try:
            answers = [await http.get(f"http://127.0.0.1:{port}/health/ready") for port in ports]
        except httpx.TransportError:
            return False
    return all(answer.is_success for answer in answers)


def start(platform: Platform, service: str, role: str, port: int) -> subprocess.Popen[bytes]:
    said = {**os.environ, **platform.environment(service), f"{service.upper()}_HTTP_PORT": str(port)}
    words = [sys.executable, "-m", "services", "serve", service, "--role", role]
    return subprocess.Popen(words, env=said, stdout=subprocess.DEVNULL)  # noqa: S603 - ours


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


async def draft(connection: Connection, person: Person) -> None:
    body = json.dumps({"name": f"P {uuid7()}", "description": "x" * 400}).encode()
    assert await connection.post("/v1/projects", person.token, body) == httpx.codes.CREATED


async def hand_overs(platform: Platform, open_ones: Sequence[Connection], person: Person, count: int) -> list[Measured]:
    """Milliseconds from an event's writing, shortly before its commit, at 100 commands a second."""
    projects, applications = (Database(platform.addresses.mongodb_uri, name) for name in ("projects", "applications"))
    before = {row["_id"] for row in await projects["outbox"].find({}, fields={"_id": 1})}
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for one in open_ones:
        free.put_nowait(one)

    async def one_command() -> None:
        connection = await free.get()
        await draft(connection, person)
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one_command())
            await asyncio.sleep(0.01)

    async def all_applied() -> list[Document]:
        rows = [row for row in await projects["outbox"].find({"pending": False}) if row["_id"] not in before]
        return rows if len(rows) == count and await applications["inbox"].count({}) >= len(before) + count else []

    rows = await until(all_applied, "the last hand-over")
    marks = {mark["_id"]: mark["at"] for mark in await applications["inbox"].find({})}
    published = sorted((row["published_at"] - row["at"]).total_seconds() * 1000 for row in rows)
    applied = sorted((marks[f"{row['topic']}|{row['key']}"] - row["at"]).total_seconds() * 1000 for row in rows)
    projects.close()
    applications.close()
    return [
        Measured("commit to the broker's word, p50", statistics.median(published), "ms", 10, at_least=False),
        Measured("commit to the broker's word, p99", percentile(published), "ms", 25, at_least=False),
        Measured("commit to applied in another service, p50", statistics.median(applied), "ms"),
        Measured("commit to applied in another service, p99", percentile(applied), "ms", 50, at_least=False),
    ]


def percentile(values: Sequence[float]) -> float:
    return values[int(len(values) * 0.99)]
