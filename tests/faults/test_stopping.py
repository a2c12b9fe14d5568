"""A service that is told to stop while it has commands in hand answers every one of them, in time."""

import asyncio
import json
import signal
import time

import httpx
import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from deploy.local.ports import HOST, choose, somewhere
from services.chassis.mongo import Database
from tests.faults.replicas import Replicas, is_ready, replicas
from tests.support.issuer import Issuer
from tests.support.waiting import eventually

IN_HAND = 20
IN_TIME = 20.0
"""Seconds; what a cluster waits before it kills (docs/operations.md)."""
ENDED = {0, -signal.SIGTERM}


@pytest.fixture
def port() -> int:
    return choose(somewhere())["projects"]


class Begun:
    """A command of which the service has the first half."""

    def __init__(self, token: str) -> None:
        self._body = json.dumps({"name": f"Kernel {uuid7()}"}).encode()
        self._token = token

    async def begin(self, port: int) -> None:
        self._from, self._to = await asyncio.open_connection(HOST, port)
        head = f"POST /v1/projects HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {self._token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(self._body)}\r\n\r\n"
        self._to.write(head.encode() + self._body[:5])
        await self._to.drain()

    async def finish(self) -> int:
        """Send the rest; gives the status, 0 where there is no answer."""
        self._to.write(self._body[5:])
        answer = await self._from.read()
        self._to.close()
        return int(answer.split(b" ", 2)[1]) if answer else 0


async def in_hand(issuer: Issuer, port: int) -> list[Begun]:
    begun = [Begun(issuer.token(str(uuid7()))) for _ in range(IN_HAND)]
    await asyncio.gather(*(one.begin(port) for one in begun))
    async with httpx.AsyncClient(timeout=90) as http:  # what comes later is answered: those before have been read
        assert (await http.get(f"http://{HOST}:{port}/v1/projects")).status_code == 200
    return begun


async def stored_and_told(platform: Platform, projects: Replicas) -> tuple[int, int]:
    """Count the projects and the first events of projects; others on this bus cause it to tell of other things."""
    of_projects = {"sequence": 1, "key": {"$regex": "^project/"}}
    store = Database(platform.addresses.mongodb_uri, projects.database)
    try:
        return await store["projects"].count({}), await store["outbox"].count(of_projects)
    finally:
        await store.drop()
        store.close()


async def test_every_command_in_hand_is_answered_and_it_ends_in_time(platform: Platform, issuer: Issuer, port: int):
    async with replicas(platform, issuer) as projects:
        await projects.start(port)
        begun = await in_hand(issuer, port)
        told_at = time.monotonic()
        stopped = projects.tell_to_stop(port)

        answers = await asyncio.gather(*(one.finish() for one in begun))

        assert answers == [201] * IN_HAND
        assert await asyncio.wait_for(stopped.wait(), IN_TIME) in ENDED
        assert time.monotonic() - told_at < IN_TIME
    assert await stored_and_told(platform, projects) == (IN_HAND, IN_HAND)


async def test_what_nobody_finishes_does_not_keep_it(platform: Platform, issuer: Issuer, port: int):
    async with replicas(platform, issuer) as projects:
        await projects.start(port)
        await in_hand(issuer, port)
        stopped = projects.tell_to_stop(port)
        assert await asyncio.wait_for(stopped.wait(), IN_TIME) in ENDED
    assert await stored_and_told(platform, projects) == (0, 0)


async def test_while_it_drains_it_answers_and_says_that_it_is_not_ready(platform: Platform, issuer: Issuer, port: int):
    async with replicas(platform, issuer, DRAIN_SECONDS="60") as projects, httpx.AsyncClient(timeout=90) as http:
        await projects.start(port)
        stopped = projects.tell_to_stop(port)

        async def unready() -> bool:
            return not await is_ready(http, port)

        await eventually(unready, what="its being unready")

        async def last() -> bool:
            answer = await http.get(f"http://{HOST}:{port}/v1/projects")
            assert answer.status_code == 200
            return ("connection", "close") in answer.headers.items()

        await eventually(last, what="the last answer of a connection")
        assert stopped.returncode is None
        stopped.terminate()  # told twice, it drains no longer
        assert await asyncio.wait_for(stopped.wait(), IN_TIME) in ENDED
    await stored_and_told(platform, projects)
