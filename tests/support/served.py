"""One service, really served: HTTP on a port of its own, the real store and broker, the others played by events."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from aiokafka import AIOKafkaProducer
from uuid6 import uuid7

from contracts.catalog import EVENTS
from contracts.event import Event
from deploy.local.addresses import Broker
from deploy.local.platform import Platform
from services.chassis.service import Clock, Role, Server, Service, configured, now
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.support.issuer import Issuer


@asynccontextmanager
async def listening(config: uvicorn.Config, server: uvicorn.Server | None = None) -> AsyncIterator[str]:
    """Serve on a free port; gives the origin."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        async with running(server or uvicorn.Server(config), listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def running(server: uvicorn.Server, listener: socket.socket) -> AsyncIterator[None]:
    """Serve what comes to a socket, and leave the signals to the process, which is the tests' own."""
    server.capture_signals = nullcontext  # type: ignore[assignment, method-assign]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await eventually(lambda: _started(server, task), what="uvicorn's start")
        yield
    finally:
        server.should_exit = True
        await task


async def _started(server: uvicorn.Server, task: "asyncio.Task[None]") -> bool:
    if task.done():
        task.result()
    return server.started


@dataclass
class Served:
    """A running service and whoever calls it."""

    service: Service[Any]
    url: str
    issuer: "Issuer"
    producer: AIOKafkaProducer
    clients: AsyncExitStack

    async def caller(self, account: str | None = None, *roles: str, **claims: object) -> httpx.AsyncClient:
        """Somebody who calls, signed in if they have an account, just now and with a second factor unless said."""
        headers = {"Authorization": f"Bearer {self.issuer.token(account, *roles, **claims)}"} if account else {}
        briefly = httpx.Limits(keepalive_expiry=2)  # less than the service keeps a connection that nobody uses
        client = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=90, limits=briefly)
        return await self.clients.enter_async_context(client)

    async def machine(self) -> httpx.AsyncClient:
        """Give a client with a token of its own, by which nobody is signed in."""
        return await self.caller("reports", client_id="reports")

    async def hears(self, *events: Event) -> None:
        """Put other services' events on the bus; comes back when the service has applied them all."""
        for event in events:
            headers = [(name, value.encode()) for name, value in event.headers().items()]
            value = event.model_dump_json().encode()
            await self.producer.send_and_wait(event.topic, value, key=event.key.encode(), headers=headers)
        for event in events:
            await eventually(lambda event=event: self._applied(event), what=event.event_id)  # type: ignore[misc]

    async def _applied(self, event: Event) -> bool:
        """Look at what the majority has, for that is what the next transaction sees."""
        database = self.service.store.database
        lane = {"_id": f"{event.topic}|{event.key}", "sequence": {"$gte": event.sequence}}
        return await database.snapshot(lambda: database["inbox"].find_one(lane)) is not None

    async def told(self, id: str) -> list[Event]:
        """Give the events the service has told about one aggregate, in order."""
        rows = await self.service.store.database["outbox"].find({"key": {"$regex": f"/{id}$"}}, sort=[("pos", 1)])
        return [EVENTS[row["headers"]["ce_type"]].model_validate_json(row["value"]) for row in rows]


@asynccontextmanager
async def serving(
    rooms: ModuleType,
    platform: Platform,
    issuer: "Issuer",
    *,
    clock: Clock = now,
    role: Role = Role.ALL,
    more: Mapping[str, object] | None = None,
) -> AsyncIterator[Served]:
    """Run a service (its `app` module) with a database and a consumer group that nobody else has."""
    name: str = rooms.Settings.service
    own = f"{name}_{uuid7().hex}"
    said = {
        "mongodb_uri": platform.addresses.mongodb_uri,
        "mongodb_database": own,
        "kafka_bootstrap_servers": platform.addresses.kafka,
        "kafka_idempotence": platform.addresses.kafka_idempotence,
        "kafka_group": own,
        "kafka_session_timeout_ms": 4000 if platform.addresses.broker is Broker.EMBEDDED else 10_000,  # busy machines
        "http_port": 1,
        "public_url": issuer.url,
        "discovery_url": issuer.discovery_url,
        "smtp_host": platform.addresses.smtp_host,
        "smtp_port": platform.addresses.smtp_port,
    }
    service = rooms.build(rooms.Settings(**{**said, **(more or {})}), clock)
    producer = AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all")
    config = configured(service, role)
    async with producer, AsyncExitStack() as clients, listening(config, Server(config, service.live)) as url:
        served = Served(service, url, issuer, producer, clients)
        anybody = await served.caller()
        await eventually(lambda: _ready(anybody), within=180, what=f"{name} ready")
        yield served
        await service.store.database.drop()


async def _ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health/ready")).status_code == httpx.codes.OK
