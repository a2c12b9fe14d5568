"""How often one may ask: counted by account, client and address, in windows of a minute, with the other replicas.

A process counts by itself and tells the store a twentieth of a limit at a time. So what is asked often costs the store
next to nothing, a limit of at most twenty is exact, and replicas together let through a twentieth each more at the
most. While the store is away each process counts alone.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.mongo import Database, IndexModel, PyMongoError
from services.chassis.problems import TooManyRequests, refused

WINDOW: Final = 60
"""Seconds."""
SHARES: Final = 20
"""In so many parts of a limit the store is told what was asked."""
PATIENCE: Final = 0.25
"""Seconds for which a request waits for the count of all replicas."""
AWAY: Final = 5.0
"""Seconds for which the store is not asked again when it did not answer."""
MOST_KNOWN: Final = 200_000
"""Counts that a process holds at the most; over that it begins anew."""
COUNTED: Final = "mentorship.counted"
"""Where a request's scope holds what is counted about it."""
UNCOUNTED: Final = ("/health/", "/metrics")


class QuotaExceeded(TooManyRequests):
    """One account, client or address has asked as often as it may within a minute."""


@dataclass(frozen=True)
class Quota:
    """What is left of a limit in this window, and for how many seconds that has to do."""

    name: str
    most: int
    left: int
    seconds: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Say it as draft-ietf-httpapi-ratelimit-headers does."""
        policy = f'"{self.name}";q={self.most};w={WINDOW}'
        rest = f'"{self.name}";r={self.left};t={self.seconds}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", rest.encode())]


@dataclass
class _Count:
    told: int = 0
    """By all replicas, as far as the store is known."""
    mine: int = 0
    """By this process, since it last told the store."""


class Rates:
    def __init__(self, database: Database, most: Mapping[str, int], clock: Callable[[], float] = time.time) -> None:
        self._tallies = database["rates"]
        self._most = most
        self._clock = clock
        self._window = 0
        self._counts: dict[str, _Count] = {}
        self._ask_from = float("-inf")

    async def prepare(self) -> None:
        await self._tallies.ensure(IndexModel([("until", 1)], expireAfterSeconds=0))

    async def count(self, name: str, who: str) -> Quota | None:
        """Count one more; None where there is no limit. Raises `QuotaExceeded` with what is left: nothing."""
        most = self._most.get(name, 0)
        if not most:
            return None
        window, passed = divmod(int(self._clock()), WINDOW)
        left = most - await self._counted(f"{name}\n{who}\n{window}", window, most)
        return Quota(name, most, left, WINDOW - passed)

    async def _counted(self, what: str, window: int, most: int) -> int:
        """Count, and give how many there are with this one: more than `most` where this one is too many."""
        if window != self._window or len(self._counts) > MOST_KNOWN:
            self._window, self._counts = window, {}
        id = hashlib.sha256(what.encode()).hexdigest()
        count = self._counts.setdefault(id, _Count())
        if count.told + count.mine >= most:
            return most + 1
        count.mine += 1
        if count.mine * SHARES < most:
            return count.told + count.mine
        telling, count.mine = count.mine, 0
        count.told += telling
        total = await self._tell(id, telling, (window + 2) * WINDOW) or count.told
        count.told = max(count.told, total)
        return total

    async def _tell(self, id: str, amount: int, until: int) -> int | None:
        """Give what all replicas have counted; None where the store does not say at once."""
        if time.monotonic() < self._ask_from:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._tallies.add(id, amount, datetime.fromtimestamp(until, UTC))
        except (PyMongoError, TimeoutError):
            self._ask_from = time.monotonic() + AWAY
            return None


@dataclass
class Counted:
    """What is counted about one request, and of its limits the one of which the least is left."""

    rates: Rates
    nearest: Quota | None = field(default=None, init=False)

    async def count(self, name: str, who: str) -> None:
        """Raises `QuotaExceeded`."""
        quota = await self.rates.count(name, who)
        if quota is None:
            return
        if self.nearest is None or quota.left / quota.most < self.nearest.left / self.nearest.most:
            self.nearest = quota
        if quota.left < 0:
            self.nearest = Quota(name, quota.most, 0, quota.seconds)
            raise QuotaExceeded(
                f"That was too often: {quota.most} a minute ({name}). Try again in {quota.seconds} seconds.",
                wait=quota.seconds,
            )


async def count(scope: Scope, name: str, who: str | None) -> None:
    """Count the request, where counting is on and it is known about whom. Raises `QuotaExceeded`."""
    if who and (counted := scope.get(COUNTED)):
        await counted.count(name, who)


class Rated:
    """Counts every request by its address, and says in the answer what is left of the limit that is nearest."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNCOUNTED):
            return await self._app(scope, receive, send)
        counted = scope[COUNTED] = Counted(self._rates)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and counted.nearest and not _is_kept(message["headers"]):
                message["headers"] = [*message["headers"], *counted.nearest.headers()]
            await send(message)

        answer: ASGIApp = self._app
        try:
            await count(scope, "address", from_elsewhere(scope))
        except QuotaExceeded as no:
            answer = await refused(Request(scope), no)
        await answer(scope, receive, sending)


def _is_kept(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether caches keep the answer for others, of whom it would tell nothing true."""
    return any(name.lower() == b"cache-control" and b"public" in value for name, value in headers)


def network(scope: Scope) -> str:
    """Where a request comes from, as far as one household or office shares it."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)


def from_elsewhere(scope: Scope) -> str | None:
    """Give that network, or None for this very machine: behind a proxy that names nobody all would share it."""
    where = network(scope)
    return None if where.startswith("127.") or where == "::/64" else where
