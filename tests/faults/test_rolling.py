"""A release without downtime: behind the gateway one replica after the other is replaced, and no request fails.

Both sides run this checkout's code: what differs between two releases is held by the tests of `tests/contract`
(events) and `tests/contract/test_documents.py` (documents).
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from uuid6 import uuid7

from deploy.local.platform import Platform
from deploy.local.ports import HOST, choose, somewhere
from tests.faults.replicas import replicas
from tests.faults.test_stopping import stored_and_told
from tests.support.gateway import gateway, is_there
from tests.support.issuer import Issuer
from tests.support.waiting import a_moment, eventually

PEOPLE = 8
DRAINED = "4"
"""Seconds, several times what the gateway takes to notice, on a busy machine too."""


@dataclass
class Load:
    """People who draft projects and look at them, one request after the other, and never ask twice."""

    url: str
    issuer: Issuer
    over: asyncio.Event = field(default_factory=asyncio.Event)
    answers: Counter[str] = field(default_factory=Counter)

    async def person(self) -> None:
        headers = {"Authorization": f"Bearer {self.issuer.token(str(uuid7()))}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=90) as http:
            while not self.over.is_set():
                drafted = await self.ask(
                    http.build_request("POST", "/v1/projects", json={"name": f"P {uuid7()}"}), http
                )
                if drafted is not None and drafted.status_code == httpx.codes.CREATED:
                    await self.ask(http.build_request("GET", f"/v1/projects/{drafted.json()['id']}"), http)

    async def ask(self, request: httpx.Request, http: httpx.AsyncClient) -> httpx.Response | None:
        try:
            answer = await http.send(request)
        except httpx.TransportError as error:
            self.answers[f"{request.method} {type(error).__name__}"] += 1
            return None
        self.answers[f"{request.method} {answer.status_code}"] += 1
        return answer

    async def more(self, count: int) -> None:
        """Let so many more be answered."""
        until = self.answers.total() + count

        async def answered() -> bool:
            return self.answers.total() >= until

        await eventually(answered, within=180, what=f"{count} more answers")


async def test_no_request_fails_while_one_replica_after_the_other_is_replaced(
    platform: Platform, issuer: Issuer, tmp_path: Path
):
    chosen = choose(somewhere())
    ports = chosen["projects"], chosen["applications"]
    async with replicas(platform, issuer, DRAIN_SECONDS=DRAINED) as projects:
        await asyncio.gather(*(projects.start(port) for port in ports))
        behind = " ".join(f"{HOST}:{port}" for port in ports)
        async with gateway(tmp_path, projects=behind) as url, httpx.AsyncClient(base_url=url, timeout=90) as http:
            await eventually(lambda: is_there(http, "/v1/projects"), what="projects behind the gateway")
            load = Load(url, issuer)
            people = [asyncio.create_task(load.person()) for _ in range(PEOPLE)]
            await load.more(100)
            for port in ports:
                await projects.tell_to_stop(port).wait()
                await load.more(50)
                await projects.start(port)
                await a_moment(2)  # until the gateway has found it
                await load.more(50)
            load.over.set()
            await asyncio.gather(*people)
        print(dict(load.answers))  # noqa: T201 - how many there were
        assert set(load.answers) == {"POST 201", "GET 200"}
        created = load.answers["POST 201"]
    assert await stored_and_told(platform, projects) == (created, created)
