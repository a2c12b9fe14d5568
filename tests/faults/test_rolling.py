"""A release without downtime: behind the gateway one replica after the other is replaced, and no request fails.

Both sides run this checkout's code: what differs between two releases is held by the tests of `tests/contract`
(events) and `tests/contract/test_documents.py` (documents).
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from uuid6 import uuid7

from deploy.local import binaries
from deploy.local.layout import CHECKOUT
from deploy.local.platform import Platform
from deploy.local.ports import HOST, choose, somewhere
from tests.faults.replicas import replicas
from tests.faults.test_stopping import stored_and_told
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
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30) as http:
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

        await eventually(answered, within=60, what=f"{count} more answers")


@asynccontextmanager
async def gateway(folder: Path, *ports: int) -> AsyncIterator[str]:
    """Run the gateway as it is in front of several replicas of projects; nothing else is behind it."""
    home, at = CHECKOUT / "deploy" / "gateway", choose(somewhere())["gateway"]
    nobody = dict.fromkeys(
        ("IDENTITY_UPSTREAM", "APPLICATIONS_UPSTREAM", "STIPENDS_UPSTREAM", "MAILBOX_URL"), f"{HOST}:9"
    )
    places = {"GATEWAY_ADDRESS": f"http://{HOST}:{at}", "GATEWAY_SITE": str(home / "site"), "GATEWAY_BIND": HOST}
    several = {"GATEWAY_REPLICAS": "several", "PROJECTS_UPSTREAM": " ".join(f"{HOST}:{port}" for port in ports)}
    state = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    words = ("run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile")
    with (folder / "log").open("w") as log:
        caddy = await asyncio.create_subprocess_exec(
            binaries.gateway(), *words, env=os.environ | nobody | places | several | state, stdout=log, stderr=log
        )
    try:
        async with httpx.AsyncClient(base_url=places["GATEWAY_ADDRESS"], timeout=10) as http:
            await eventually(lambda: passes(http), what="the gateway")
        yield places["GATEWAY_ADDRESS"]
    finally:
        caddy.terminate()
        await caddy.wait()


async def passes(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/v1/projects")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def test_no_request_fails_while_one_replica_after_the_other_is_replaced(
    platform: Platform, issuer: Issuer, tmp_path: Path
):
    chosen = choose(somewhere())
    ports = chosen["projects"], chosen["applications"]
    async with replicas(platform, issuer, DRAIN_SECONDS=DRAINED) as projects:
        await asyncio.gather(*(projects.start(port) for port in ports))
        async with gateway(tmp_path, *ports) as url:
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
