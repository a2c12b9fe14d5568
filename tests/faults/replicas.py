"""Processes of one service side by side, as a cluster runs them, with a store of their own."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
from uuid6 import uuid7

from deploy.local.platform import Platform
from deploy.local.ports import HOST
from tests.support.issuer import Issuer
from tests.support.waiting import eventually


@dataclass
class Replicas:
    """Projects in several processes; each has a port for as long as it stays."""

    settings: dict[str, str]
    database: str
    running: dict[int, Process] = field(default_factory=dict)

    async def start(self, port: int) -> None:
        """Start one and wait until it is ready."""
        said = {f"PROJECTS_{name}": value for name, value in (self.settings | {"HTTP_PORT": str(port)}).items()}
        words = ("-m", "services", "serve", "projects", "--role", "all")
        nothing = asyncio.subprocess.DEVNULL
        self.running[port] = await asyncio.create_subprocess_exec(
            sys.executable, *words, env=os.environ | said, stdout=nothing, stderr=nothing
        )
        async with httpx.AsyncClient(timeout=5) as http:
            await eventually(lambda: is_ready(http, port), within=60, what=f"projects at {port}")

    def tell_to_stop(self, port: int) -> Process:
        stopped = self.running.pop(port)
        stopped.terminate()
        return stopped


async def is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://{HOST}:{port}/health/ready")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@asynccontextmanager
async def replicas(platform: Platform, issuer: Issuer, **more: str) -> AsyncIterator[Replicas]:
    own = f"projects_{uuid7().hex}"
    common = {name.removeprefix("PROJECTS_"): value for name, value in platform.environment("projects").items()}
    named = {"MONGODB_DATABASE": own, "KAFKA_GROUP": own}
    made = Replicas(common | named | {"PUBLIC_URL": issuer.url, "DISCOVERY_URL": issuer.discovery_url} | more, own)
    try:
        yield made
    finally:
        for process in made.running.values():
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
