"""Whether time tells a known address from an unknown one: `python -m benchmarks.alike`, on the embedded platform.

Registration, sign-in with a wrong password, and a forgotten password, asked of the running service in turn for an
address that has an account and one that has none; in between it is left to finish what the last question caused.
"""

import asyncio
import os
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.progress import track
from uuid6 import uuid7

from benchmarks.measured import Measured, show
from deploy.local.platform import Platform
from services.chassis.domain import system
from services.chassis.mongo import Database
from services.chassis.service import now
from services.chassis.store import Store
from services.identity.domain.account import account_id
from services.identity.hashing import Hasher
from services.identity.settings import Settings
from services.identity.store import Identity

NEEDED: Final = ("mongod", "broker", "mailbox", "identity")
TRIES: Final = 40
APART: Final = 5.0
"""Milliseconds by which the medians may differ."""
PASSWORD: Final = "wren lantern gravel sofa"  # noqa: S105 - of people who are made here

Ask = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


@dataclass
class Seen:
    """What a caller sees of one kind of question, by whether the address is known."""

    took: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    """Milliseconds."""
    said: set[tuple[int, str, tuple[str, ...]]] = field(default_factory=set)

    def apart(self) -> float:
        return abs(statistics.median(self.took[True]) - statistics.median(self.took[False]))


async def register(http: httpx.AsyncClient, email: str) -> httpx.Response:
    said = {"name": "Wanda Fry", "email": email, "password": PASSWORD, "terms_accepted": True}
    return await http.post("/v1/accounts", json=said)


async def sign_in(http: httpx.AsyncClient, email: str) -> httpx.Response:
    form = {"csrf": http.cookies["csrf"], "email": email, "password": "not the password of anybody"}
    return await http.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})


async def forget(http: httpx.AsyncClient, email: str) -> httpx.Response:
    return await http.post("/v1/accounts/forgot-password", json={"email": email})


KINDS: Final[dict[str, Ask]] = {"registration": register, "sign-in": sign_in, "forgotten password": forget}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), NEEDED) as platform:
        seen = asyncio.run(measure(platform))
    show([row for kind, each in seen.items() for row in _rows(kind, each)])
    for kind, each in seen.items():
        Console().print(
            f"{kind}: {len(each.said)} different answers, {'as wanted' if len(each.said) == 1 else each.said}"
        )


async def measure(platform: Platform) -> dict[str, Seen]:
    os.environ.update(platform.environment("identity"))
    async with _store() as identity:
        known = [await _account(identity) for _ in track(range(TRIES), "accounts")]
        return {kind: await _ask(platform, identity, ask, known, kind) for kind, ask in KINDS.items()}


async def _ask(platform: Platform, identity: Identity, ask: Ask, known: list[str], kind: str) -> Seen:
    seen = Seen()
    async with httpx.AsyncClient(base_url=platform.addresses.identity, timeout=30) as http:
        await http.get("/sign-in")
        for turn, email in enumerate(track(known, kind)):
            for is_known in (turn % 2 == 0, turn % 2 == 1):  # neither always goes first
                address = email if is_known else _address()
                await _nothing_left(identity)
                began = time.perf_counter()
                answer = await ask(http, address)
                seen.took[is_known].append((time.perf_counter() - began) * 1000)
                seen.said.add(_alike(answer, address))
    return seen


def _alike(answer: httpx.Response, email: str) -> tuple[int, str, tuple[str, ...]]:
    """Give what an answer says, but for the address itself and what is new in every answer."""
    text = re.sub(r'(name="csrf" value=)"\w+"', r"\1", answer.text.replace(email, ""))
    return answer.status_code, text, tuple(sorted(answer.headers))


async def _nothing_left(identity: Identity) -> None:
    """Wait until what the last answer caused is done, so that it does not slow the next one."""
    mails, errands = identity.store.database["mails"], identity.errands.documents
    while await mails.count({"due_at": {"$exists": True}}) + await errands.count({}):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.02)


async def _account(identity: Identity) -> str:
    email, hashed = _address(), await identity.hasher.accept(PASSWORD, ())
    said = {"name": "Wanda Fry", "email": email, "password": hashed, "terms_accepted": True}
    id, by = account_id(str(uuid7())), system("identity")
    await identity.registering.create_verified(id, **said, roles=(), by=by, at=now())  # type: ignore[arg-type]
    return email


def _address() -> str:
    return f"wanda.{uuid7().hex}@example.org"


@asynccontextmanager
async def _store() -> AsyncIterator[Identity]:
    settings = Settings.from_environment()
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    try:
        yield Identity(store, settings, Hasher())
    finally:
        store.database.close()


def _rows(kind: str, seen: Seen) -> list[Measured]:
    medians = {is_known: statistics.median(took) for is_known, took in seen.took.items()}
    return [
        Measured(f"{kind}, known: median of {TRIES}", medians[True], "ms"),
        Measured(f"{kind}, unknown: median of {TRIES}", medians[False], "ms"),
        Measured(f"{kind}: apart", seen.apart(), "ms", APART, at_least=False),
    ]


if __name__ == "__main__":
    main()
