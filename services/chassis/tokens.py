"""Who asks: access tokens checked against identity's published keys, which are fetched rarely and kept long."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import httpx
import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from contracts.ids import ActorId
from services.chassis.domain import Actor, Away, Forbidden, Refusal
from services.chassis.endings import Endings

log = structlog.get_logger()

FRESH: Final = 300.0
"""Seconds after which keys are fetched anew, in the background."""
STALE: Final = 24 * 3600.0
"""Seconds for which keys are good while identity is down."""
REFETCH: Final = 10.0
"""Seconds at least between two fetches for an unknown key."""
LEEWAY: Final = 30
"""Seconds that clocks may differ."""
SECOND_FACTOR: Final = "mfa"
"""The `acr` of a sign-in with a second factor."""


class Unauthenticated(Refusal):
    """No token, or one that does not hold."""


class InsufficientUserAuthentication(Unauthenticated):
    """The token holds, but this takes a second factor, and lately given (RFC 9470)."""


class NobodySignedIn(Forbidden):
    """A client shows a token that it was given for itself; what is here is done by people."""


class IdentityAway(Away):
    """No key was ever read, and identity does not answer."""


async def published(discovery_url: str) -> tuple[str, Any]:
    """Read how identity calls itself, and its key set: where discovery is, for the public address may lead nowhere.

    Raises `httpx.HTTPError`, `KeyError`, `ValueError`.
    """
    async with httpx.AsyncClient(timeout=5) as client:
        discovery = (await client.get(discovery_url)).raise_for_status().json()
        internal = httpx.URL(discovery_url).join(httpx.URL(discovery["jwks_uri"]).raw_path.decode())
        return discovery["issuer"], (await client.get(internal)).raise_for_status().json()


class HeldKeys(Protocol):
    """Identity's signing keys, wherever they are from."""

    async def holding(self, kid: str) -> KeySet:
        """Give the keys, with this one if there is such a one."""


class Keys:
    """Identity's signing keys, by discovery."""

    def __init__(self, discovery_url: str) -> None:
        self._discovery_url = discovery_url
        self._keys: KeySet | None = None
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    async def holding(self, kid: str) -> KeySet:
        """Give the keys, fetched anew if they are old or do not hold this one. Raises `IdentityAway`."""
        age = time.monotonic() - self._fetched
        if self._keys is None or age > STALE or kid not in {key.kid for key in self._keys.keys}:
            await self._fetch()
        elif age > FRESH and (self._background is None or self._background.done()):
            self._background = asyncio.create_task(self._fetch())
        if self._keys is None or time.monotonic() - self._fetched > STALE:
            raise IdentityAway("Sign-in cannot be checked right now: the identity service does not answer.")
        return self._keys

    async def _fetch(self) -> None:
        async with self._fetching:
            pause = REFETCH if self._keys is not None else 0.5
            if time.monotonic() - self._tried < pause:
                return
            self._tried = time.monotonic()
            try:
                self._keys, self._fetched = await self._read(), time.monotonic()
            except (httpx.HTTPError, KeyError, ValueError, JoseError) as error:
                log.warning("keys not read", error=type(error).__name__)

    async def _read(self) -> KeySet:
        _, keys = await published(self._discovery_url)
        return KeySet.import_key_set(keys)


class Verifier:
    """Checks an access token (RFC 9068) and says whose it is."""

    def __init__(self, keys: HeldKeys, *, issuer: str, audience: str, endings: Endings | None = None) -> None:
        self._keys = keys
        self._endings = endings
        self._audience = audience
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
        )

    async def verify(self, token: str) -> Actor:
        """Give the actor. Raises `Unauthenticated` with what is wrong, `NobodySignedIn`, `IdentityAway`."""
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError):
            raise Unauthenticated("The access token cannot be read. Sign in again.") from None
        if header.get("alg") != "ES256" or str(header.get("typ", "")).lower() not in {"at+jwt", "application/at+jwt"}:
            raise Unauthenticated("This is no access token of ours. Sign in again.")
        keys = await self._keys.holding(str(header.get("kid")))
        return self._actor(token, keys)

    def _actor(self, token: str, keys: KeySet) -> Actor:
        try:
            claims: Mapping[str, Any] = jwt.decode(token, keys, algorithms=["ES256"]).claims
            self._claims.validate(dict(claims))
        except (JoseError, ValueError) as error:
            raise Unauthenticated(f"The access token does not hold: {type(error).__name__}. Sign in again.") from None
        if self._endings and self._endings.is_over(str(claims["sub"]), float(claims["iat"])):
            raise Unauthenticated("This sign-in was ended. Sign in again.")
        if claims["sub"] == claims.get("client_id"):
            raise NobodySignedIn("This token is a client's own. Sign in as a person.")
        roles = frozenset(map(str, claims.get("roles", ())))
        client = str(claims.get("client_id", ""))
        return Actor(ActorId(str(claims["sub"])), roles, _second_factor_at(claims), client)


def _second_factor_at(claims: Mapping[str, Any]) -> datetime | None:
    at = claims.get("auth_time")
    if claims.get("acr") != SECOND_FACTOR or not isinstance(at, int) or isinstance(at, bool):
        return None
    return datetime.fromtimestamp(at, UTC)
