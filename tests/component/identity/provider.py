"""The provider under test: served under its own public URL, with people who have accounts and browsers."""

import base64
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import uvicorn
from uuid6 import uuid7

from contracts.catalog import EVENTS
from contracts.event import Event
from contracts.identity import PlatformRole
from deploy.local.platform import Platform
from services.chassis.domain import system
from services.chassis.service import Role, Service, now
from services.identity import codes
from services.identity.app import Settings, build
from services.identity.domain.account import account_id
from services.identity.store import Identity
from tests.component.identity.browser import Browser
from tests.support.served import running
from tests.support.waiting import eventually

PASSWORD = "wren lantern gravel sofa"


class Clock:
    """The real time, moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    email: str
    password: str = PASSWORD


@dataclass
class Provider:
    service: Service[Identity]
    url: str
    platform: Platform
    clock: Clock
    open: AsyncExitStack
    mails: httpx.AsyncClient = field(repr=False)

    @property
    def key_secret(self) -> bytes:
        said = self.service.settings
        assert isinstance(said, Settings)
        return said.key_secret

    @property
    def identity(self) -> Identity:
        return self.service.data

    async def http(self, **more: Any) -> httpx.AsyncClient:
        briefly = httpx.Limits(keepalive_expiry=2)  # less than the service keeps a connection that nobody uses
        client = httpx.AsyncClient(base_url=self.url, timeout=90, limits=briefly, **more)
        return await self.open.enter_async_context(client)

    async def browser(self) -> Browser:
        return Browser(await self.http())

    async def person(self, *roles: str, email: str = "") -> Person:
        """Somebody with a verified account, made as an operator makes one."""
        id, email = str(uuid7()), email or address()
        hashed = await self.identity.hasher.accept(PASSWORD, ())
        await self.identity.registering.create_verified(
            account_id(id),
            name="Wanda Fry",
            email=email,
            password=hashed,
            terms_accepted=True,
            roles=tuple(map(PlatformRole, roles)),
            by=system("identity"),
            at=self.clock(),
        )
        return Person(id, "Wanda Fry", email)

    async def caller(self, person: Person, scope: str = "openid") -> httpx.AsyncClient:
        """The person, calling with an access token they got by signing in."""
        tokens = await (await self.browser()).tokens_for(person.email, person.password, scope=scope)
        return await self.http(headers={"Authorization": f"Bearer {tokens['access_token']}"})

    async def strong_caller(self, person: Person) -> httpx.AsyncClient:
        """The person, calling with a token of a sign-in with a second factor."""
        http = await self.caller(person)
        secret = base64.b32decode((await http.post("/v1/me/mfa", json={})).json()["secret"])
        code = codes.code_at(secret, int(self.clock().timestamp()) // codes.SECONDS)
        confirmed = await http.post("/v1/me/mfa/confirm", json={"code": code})
        recovery = confirmed.json()["recovery_codes"][0]
        tokens = await (await self.browser()).tokens_for(person.email, person.password, code=recovery)
        return await self.http(headers={"Authorization": f"Bearer {tokens['access_token']}"})

    async def mails_to(self, address: str, after: int = 0, wait: int = 0) -> list[dict[str, Any]]:
        """Give those that arrived, newest first; `after` is the id of the last that is known already."""
        answer = await self.mails.get("/api/mails", params={"to": address, "after": after, "wait": wait})
        return list(answer.json()["items"])

    async def mail_to(self, address: str, after: int = 0) -> dict[str, Any]:
        """Wait for a mail, and give the newest."""
        return (await eventually(lambda: self.mails_to(address, after, wait=5), what=f"a mail to {address}"))[0]

    async def mailed_token(self, address: str, page: str = "verify-email", after: int = 0) -> str:
        """Wait for a mail with a link to this page, and take the token off the newest."""

        async def look() -> str | None:
            texts = [mail["text"] for mail in await self.mails_to(address, after, wait=5)]
            links = (re.search(re.escape(self.url) + rf"/{page}\?token=([\w-]+)", text) for text in texts)
            return next((link[1] for link in links if link), None)

        return await eventually(look, what=f"a link to {page} for {address}")

    async def told(self, id: str) -> list[Event]:
        """The events told about one aggregate, in order."""
        rows = await self.service.store.database["outbox"].find({"key": {"$regex": f"/{id}$"}}, sort=[("pos", 1)])
        return [EVENTS[row["headers"]["ce_type"]].model_validate_json(row["value"]) for row in rows]


def address() -> str:
    return f"wanda.{uuid7().hex}@example.org"


def settings(platform: Platform, url: str, database: str = "", **more: Any) -> Settings:
    at = platform.addresses
    own = database or f"identity_{uuid7().hex}"
    secret = {} if "_secrets_dir" in more else {"key_secret": base64.b64encode(os.urandom(32))}
    return Settings(
        mongodb_uri=at.mongodb_uri,
        mongodb_database=own,
        kafka_bootstrap_servers=at.kafka,
        kafka_idempotence=at.kafka_idempotence,
        kafka_group=own,
        http_port=1,
        public_url=url,
        smtp_host=at.smtp_host,
        smtp_port=at.smtp_port,
        # said here, for the environment may say otherwise to a whole platform of the same worker
        **{"erasure_wait": timedelta(days=7), **secret, **more},
    )


@asynccontextmanager
async def providing(
    platform: Platform,
    clock: Clock,
    *,
    like: Settings | None = None,
    role: Role = Role.ALL,
    host: str = "127.0.0.1",
    **more: Any,
) -> AsyncIterator[Provider]:
    """Serve identity on a free port, which is also its public URL; `like` makes a replica of another."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        own = f"http://{host}:{listener.getsockname()[1]}"
        service = build(like or settings(platform, own, **more), clock)
        service.data.hasher.patience = 60.0  # the machine may be busy with other tests
        config = uvicorn.Config(service.app(role), log_config=None, access_log=False)
        async with running(uvicorn.Server(config), listener), AsyncExitStack() as clients:
            mails = httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90)
            await clients.enter_async_context(mails)
            provider = Provider(service, own, platform, clock, clients, mails)
            await eventually(lambda: _ready(provider), what="identity ready")
            yield provider
            if like is None:
                await service.store.database.drop()


async def _ready(provider: Provider) -> bool:
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(base_url=provider.url, timeout=90) as client:
            return (await client.get("/health/ready")).status_code == httpx.codes.OK
    return False
