"""Processes of one service side by side, as a cluster runs them, with a store of their own."""

import asyncio
import os
import signal
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
    """A service in several processes; each has a port for as long as it stays."""

    service: str
    role: str
    settings: dict[str, str]
    running: dict[int, Process] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return self.settings["MONGODB_DATABASE"]

    async def start(self, port: int, *, ahead: float = 0) -> None:
        """Start one, by whose clock it is later by so many seconds, and wait until it is ready."""
        own = self.settings | {"HTTP_PORT": str(port)}
        said = {f"{self.service.upper()}_{name}": value for name, value in own.items()}
        rightly = ("services", "serve", self.service, "--role", self.role)
        words = ("tests.faults.elsewhen", str(ahead), self.service, self.role) if ahead else rightly
        nothing = asyncio.subprocess.DEVNULL
        self.running[port] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *words, env=os.environ | said, stdout=nothing, stderr=nothing
        )
        async with httpx.AsyncClient(timeout=5) as http:
            await eventually(lambda: is_ready(http, port), within=180, what=f"{self.service} at {port}")

    def tell_to_stop(self, port: int) -> Process:
        stopped = self.running.pop(port)
        stopped.terminate()
        return stopped

    async def kill(self, port: int) -> None:
        killed = self.running.pop(port)
        killed.kill()
        await killed.wait()

    def send(self, port: int, to_do: signal.Signals) -> None:
        self.running[port].send_signal(to_do)


async def is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://{HOST}:{port}/health/ready")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@asynccontextmanager
async def replicas(
    platform: Platform, issuer: Issuer, service: str = "projects", role: str = "all", **more: str
) -> AsyncIterator[Replicas]:
    own, prefix = f"{service}_{uuid7().hex}", f"{service.upper()}_"
    common = {name.removeprefix(prefix): value for name, value in platform.environment(service).items()}
    named = {"MONGODB_DATABASE": own, "KAFKA_GROUP": own}
    said = common | named | {"PUBLIC_URL": issuer.url, "DISCOVERY_URL": issuer.discovery_url} | more
    made = Replicas(service, role, said)
    try:
        yield made
    finally:
        for port in list(made.running):
            with suppress(ProcessLookupError):
                await made.kill(port)
