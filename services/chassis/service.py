"""A service put together: HTTP in front, and behind it, by role, the relay, the consumer, the timers and the mail."""

import asyncio
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any, Final, Generic, TypeVar

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi_swagger import patch_fastapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from contracts.event import Event
from contracts.identity import SessionsEnded
from contracts.time import in_utc
from services.chassis import asyncapi, hands, metrics
from services.chassis.brake import Brake
from services.chassis.bus import Consumer, Listener
from services.chassis.cluster import Cluster
from services.chassis.documents import LICENSE, RESPONSES, Documented
from services.chassis.domain import system
from services.chassis.edge import Edge
from services.chassis.hands import Hand
from services.chassis.health import Health
from services.chassis.http import refuse_routes_without_policy
from services.chassis.inbox import Inbox
from services.chassis.jobs import Job
from services.chassis.live import Audience, Live
from services.chassis.logs import start_logging
from services.chassis.mongo import patiently
from services.chassis.problems import answer_with_problems
from services.chassis.rates import Rated, Rates
from services.chassis.read_only import ReadOnly
from services.chassis.relay import Relay
from services.chassis.settings import Settings
from services.chassis.store import Store
from services.chassis.tokens import HeldKeys, Keys, Verifier
from services.chassis.tracing import start_tracing

log = structlog.get_logger()

S = TypeVar("S")
Clock = Callable[[], datetime]
SERVICES: Final = Path(__file__).parents[1]


class Role(StrEnum):
    API = "api"
    """HTTP alone."""
    WORKER = "worker"
    """Relay, consumer, timers, mail; HTTP only for health and metrics."""
    ALL = "all"


def now() -> datetime:
    return in_utc(datetime.now(UTC))


async def _nobody(_: Event) -> Audience | None:
    return None


@dataclass
class Service(Generic[S]):
    """The parts of one service; made once, in its `app.py`."""

    settings: Settings
    description: str
    store: Store
    data: S
    """The service's own repositories and projections."""
    prepare: Callable[[], Awaitable[None]]
    """Creates indexes; may be repeated."""
    routers: Sequence[APIRouter]
    listener: Listener[S]
    jobs: Sequence[Job] = ()
    clock: Clock = now
    reads: frozenset[str] = frozenset()
    """Paths that only read although one posts to them; read-only mode leaves them open."""
    needs_bus: bool = True
    """Whether it is ready only once it hears the others: what it answers stands on what they told."""
    keys: HeldKeys | None = None
    """By which tokens are checked; those that identity publishes unless said."""
    audience_of: Callable[[Event], Awaitable[Audience | None]] = _nobody
    """Who is told of an event by `live`."""
    prepared: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    closing: threading.Event = field(default_factory=threading.Event, init=False)
    """Set when it was told to stop: it answers on, and says that it is not ready."""

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.store, self.name)
        self.brake = Brake(self.store.database, self.settings.dead_letters_in_a_row)
        self.cluster = Cluster(self.store.database, self.settings.broker)
        self.rates = Rates(self.store.database, self.settings.rates)
        self.live = Live(self.store.database, self.name, self.audience_of, self.settings.live_streams)

    @property
    def name(self) -> str:
        return self.settings.service

    @property
    def hears(self) -> frozenset[str]:
        """Name the topics that its consumer subscribes to: everybody but identity hears of ended sessions."""
        ended = {SessionsEnded.topic} if SessionsEnded.source != self.name else set()
        return frozenset({*self.listener.topics, *ended})

    def app(self, role: Role = Role.ALL) -> FastAPI:
        """Make the HTTP application. Raises `RouteWithoutPolicy`."""
        health = Health(self.store.database)
        app = Documented(
            examples=SERVICES / self.name / "api" / "examples.json",
            title=f"Mentorship {self.name}",
            description=self.description,
            version=version("mentorship"),
            license_info=LICENSE,
            servers=[{"url": "/"}],
            generate_unique_id_function=lambda route: route.name,
            openapi_url=f"/openapi/{self.name}.json",
            docs_url=None,
            redoc_url=None,
            swagger_ui_oauth2_redirect_url=None,
            redirect_slashes=False,
            telemetry={"tracing": False, "metrics": False, "logs": False},  # the edge and our own metrics tell
            responses=RESPONSES,
            lifespan=lambda _: self._alive(role, health),
        )
        verifier = Verifier(
            self.keys or Keys(self.settings.discovery_url),
            issuer=self.settings.public_url,
            audience=self.settings.public_url,
            endings=self.store.endings,
        )
        app.state.store, app.state.data, app.state.settings = self.store, self.data, self.settings
        app.state.clock, app.state.verifier, app.state.health = self.clock, verifier, health
        app.state.live = self.live
        health.watch("open", lambda: not self.closing.is_set(), needed=True)
        if role is not Role.WORKER:
            for router in self.routers:
                app.include_router(router)
        refuse_routes_without_policy(app)
        self._add_documents(app)
        _add_swagger(app, f"/docs/{self.name}")
        _add_health(app, health)
        answer_with_problems(app)
        if self.settings.read_only:
            app.add_middleware(ReadOnly, reads=self.reads)
        app.add_middleware(Rated, rates=self.rates)
        app.add_middleware(Edge, https=self.settings.is_https, patience=self.settings.request_seconds)
        return app

    def _add_documents(self, app: FastAPI) -> None:
        async def document(_: Any) -> Response:
            return JSONResponse(asyncapi.document(self.name, self.listener, app.version, self.description))

        async def page(_: Any) -> Response:
            return HTMLResponse(asyncapi.page(self.name, self.listener))

        app.add_route(f"/asyncapi/{self.name}.json", document)
        app.add_route(f"/asyncapi/{self.name}", page)

    @asynccontextmanager
    async def _alive(self, role: Role, health: Health) -> AsyncIterator[None]:
        """Work in the background from the first request served to the last, then let go in the right order."""
        stopping = asyncio.Event()
        health.watch("prepared", self.prepared.is_set, needed=True)
        working = [asyncio.create_task(_or_stop(self._prepare()))]
        working.append(asyncio.create_task(_or_stop(self._after_preparing(self.store.endings.follow(stopping)))))
        relay: Relay | None = None
        if role is not Role.API:
            relay = Relay(
                self.store.outbox,
                self.cluster,
                self.settings.broker,
                idempotence=self.settings.kafka_idempotence,
            )
            working += [asyncio.create_task(_or_stop(part)) for part in self._work(role, relay, health, stopping)]
        try:
            yield
        finally:
            stopping.set()
            await self.live.stop()
            await _settled(working)
            if relay:
                await relay.close()
            await self.cluster.close()
            self.store.database.close()

    async def _prepare(self) -> None:
        await patiently(self.prepare_everything)
        self.prepared.set()

    async def prepare_everything(self) -> None:
        """Create the indexes of the chassis and the service's own; may be repeated."""
        for part in (self.store, self.inbox, self.brake, self.cluster, self.rates):
            await part.prepare()
        await self.prepare()

    def _work(
        self, role: Role, relay: Relay, health: Health, stopping: asyncio.Event
    ) -> list[Coroutine[Any, Any, None]]:
        resting = self.settings.read_only  # what is due is done when it is over; what was done before is told
        relaying = Job("relay", relay.work, watches="outbox", lost=self.store.outbox.forget_measures)
        trail = self.store.audit  # goes on too: whom staff read about is noted all the while
        sealing = Job("audit trail", trail.work, pause=3, lost=trail.forget_measures)
        jobs = [relaying, sealing, *(job for job in self.jobs if job.only_reads or not resting)]
        alone = role is Role.WORKER  # where HTTP is served too, commands go on whatever happens to their events
        for job in jobs:
            health.watch(job.name, lambda job=job: job.well, needed=alone and job is jobs[0])  # type: ignore[misc]
        parts = [self._after_preparing(job.run(self.store, stopping)) for job in jobs]
        if alone:
            parts.append(self._after_preparing(self.store.database.wake_from_elsewhere("outbox", stopping)))
        if self.listener.topics:
            consumer = Consumer(self.inbox, self.cluster, sorted(self.hears), self.apply, self.settings, self.brake)
            health.watch("consumer", lambda: consumer.joined, needed=self.needs_bus)
            health.watch("broker", lambda: self.cluster.well, needed=False)
            health.watch("consuming", lambda: not self.brake.on, needed=alone)
            parts.append(self._after_preparing(consumer.run(stopping)))
        return parts

    async def apply(self, event: Event) -> None:
        """Do about a foreign event what the listener says."""
        with hands.acting(Hand(str(event.by))):
            if isinstance(event, SessionsEnded):
                await self.store.endings.remember(event)
            await self.listener.apply(event, self.data)

    async def _after_preparing(self, part: Coroutine[Any, Any, None]) -> None:
        await self.prepared.wait()
        with self.by_itself():
            await part

    def by_itself(self) -> AbstractContextManager[Hand]:
        """Act without being asked, or for whoever works at the command line."""
        return hands.acting(Hand(system(self.name).id))


def _add_swagger(app: FastAPI, path: str) -> None:
    patch_fastapi(
        app,
        docs_url=path,
        redirect_from_root_to_docs=False,
        swagger_js_url=f"{path}/swagger-ui-bundle.js",
        swagger_css_url=f"{path}/swagger-ui.css",
        swagger_favicon_url=f"{path}/favicon.png",
    )


async def _or_stop(part: Coroutine[Any, Any, None]) -> None:
    """A part that fails as a whole stops the process, so that it is started anew instead of living on without it."""
    try:
        await part
    except Exception:
        log.critical("stopping, a part failed", part=repr(part), exc_info=True)
        signal.raise_signal(signal.SIGTERM)


async def _settled(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait until the background work has stopped by itself, 15 s at most."""
    _, late = await asyncio.wait(tasks, timeout=15)
    for task in late:
        log.warning("cut off while stopping")
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _add_health(app: FastAPI, health: Health) -> None:
    async def live(_: Any) -> Response:
        return JSONResponse({"live": True})

    async def ready(_: Any) -> Response:
        well, parts = await health.look()
        return JSONResponse({"ready": well, "parts": parts}, 200 if well else 503)

    async def numbers(_: Any) -> Response:
        _, parts = await health.look()
        metrics.tell(metrics.PARTS, parts)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app.add_route("/health/live", live)
    app.add_route("/health/ready", ready)
    app.add_route("/metrics", numbers)


class Server(uvicorn.Server):
    """Waits at its end for every answer in hand, so those that have none, the streams, are ended first.

    Told to stop it is closing, and for `drain` seconds it still answers, each time as the connection's last.
    """

    def __init__(
        self, config: uvicorn.Config, live: Live, *, drain: float = 0, closing: threading.Event | None = None
    ) -> None:
        super().__init__(config)
        self._live = live
        self._drain, self._closing, self._over = drain, closing or threading.Event(), math.inf

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._drain and not self._closing.is_set():
            self._captured_signals.append(sig)
            self._over = time.monotonic() + self._drain
            self.config.encoded_headers.append((b"connection", b"close"))
        else:
            super().handle_exit(sig, frame)
        self._closing.set()

    async def on_tick(self, counter: int) -> bool:
        self.should_exit = self.should_exit or time.monotonic() > self._over
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.close()
        await super().shutdown(sockets)


def configured(service: Service[Any], role: Role) -> uvicorn.Config:
    """Say how it is served over HTTP."""
    settings = service.settings
    return uvicorn.Config(
        service.app(role),
        host=settings.http_host,
        port=settings.http_port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )


def serve(service: Service[Any], role: Role) -> None:
    """Serve until SIGTERM: then no new request, what is in hand is finished, the group is left."""
    settings = service.settings
    start_logging(service.name, settings.log_level)
    start_tracing(service.name)
    config = configured(service, role)
    server = Server(config, service.live, drain=settings.drain_seconds, closing=service.closing)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(3)
