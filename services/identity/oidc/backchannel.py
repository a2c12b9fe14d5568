"""Telling clients that a session is over (OpenID Connect Back-Channel Logout): signed, until they hear it."""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import structlog
from joserfc import jwt

from services.chassis.service import Clock
from services.identity.domain.farewell import Farewell, is_good_address
from services.identity.domain.key import Algorithm
from services.identity.oidc.tokens import Mint
from services.identity.store import Identity

log = structlog.get_logger()

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LIFE: Final = timedelta(minutes=2)
AT_ONCE: Final = 20
PATIENCE: Final = 5.0
"""Seconds that a client may take."""


class Backchannel:
    def __init__(self, identity: Identity, issuer: str, clock: Clock) -> None:
        self._identity, self._issuer, self._clock = identity, issuer, clock

    async def work(self) -> bool:
        """Tell what is due, side by side, so that a slow client keeps nobody waiting; says whether there was any."""
        now = self._clock()
        due = await self._identity.farewells.due(at=now, most=AT_ONCE)
        if due:
            mint = Mint(await self._identity.keys.ring(now), self._issuer, now)
            await asyncio.gather(*(self._tell(farewell, mint) for farewell in due))
        return bool(due)

    async def _tell(self, farewell: Farewell, mint: Mint) -> None:
        client = await self._identity.clients.get(farewell.client_id)
        address = client.backchannel_logout_uri if client else None
        if address is None or not is_good_address(address) or await _heard(address, logout_token(farewell, mint)):
            await self._identity.farewells.close(farewell)
        else:
            await self._later(farewell, mint.at)

    async def _later(self, farewell: Farewell, at: datetime) -> None:
        until = farewell.next_attempt(at)
        if until is None:
            log.error("logout given up", client=farewell.client_id, farewell=farewell.id)
            await self._identity.farewells.close(farewell)
        else:
            await self._identity.farewells.postpone(farewell, until)


async def _heard(address: str, token: str) -> bool:
    """Send it, there and nowhere else: no redirect is followed, and what is answered is not read."""
    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False) as http,
            http.stream("POST", address, data={"logout_token": token}) as answer,
        ):
            return answer.is_success
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return False


def logout_token(farewell: Farewell, mint: Mint) -> str:
    """A new one for each attempt, since a client may refuse an id it has seen."""
    now = int(mint.at.timestamp())
    claims: dict[str, Any] = {
        "iss": mint.issuer,
        "sub": farewell.account_id,
        "aud": farewell.client_id,
        "iat": now,
        "exp": now + int(LIFE.total_seconds()),
        "jti": secrets.token_urlsafe(16),
        "sid": farewell.sid,
        "events": {EVENT: {}},
    }
    header = mint.header(Algorithm.RS256, "logout+jwt")
    return jwt.encode(header, claims, mint.ring.active[Algorithm.RS256], [Algorithm.RS256.value])
