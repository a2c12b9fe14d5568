"""Tokens: what they say, signed with the active key of the ring; and our own access tokens read back."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import ClaimsOption

from services.identity.domain.account import Account
from services.identity.domain.grant import ACCESS_LIFE, Grant
from services.identity.domain.key import Algorithm
from services.identity.domain.machine import MachineGrant
from services.identity.store.keys import Ring

ID_LIFE: Final = ACCESS_LIFE


class TokenNotGood(ValueError):
    """Not an access token of ours, or over."""


@dataclass(frozen=True)
class Presented:
    """An access token that was shown to us and holds."""

    account_id: str
    grant_id: str
    scopes: frozenset[str]
    signed_in_at: datetime
    acr: str
    sid: str


@dataclass(frozen=True)
class Mint:
    """Signs tokens at one instant with one set of keys; no I/O."""

    ring: Ring
    issuer: str
    at: datetime

    def access_token(
        self, grant: Grant, account: Account, scope: str, audience: str, *, ended_at: datetime | None = None
    ) -> str:
        """RFC 9068. Its jti begins with the grant's id, so that the grant can be looked up.

        Roles are of the platform, and told to nobody else. One that is given in the very second in which the
        account's earlier ones ended is of the next second, for by whole seconds it would be one of them.
        """
        roles = {"roles": [role.value for role in account.roles]} if audience == self.issuer else {}
        claims = self._claims(grant, audience) | self._lifetime(ended_at) | roles
        return self._sign_access_token(claims, grant, scope)

    def machine_token(self, grant: MachineGrant) -> str:
        """The same for a client by itself, which is its own subject (RFC 9068, 2.2)."""
        claims = {"sub": grant.client_id, "aud": grant.resource, **self._lifetime()}
        return self._sign_access_token(claims, grant, grant.scope)

    def id_token_claims(self, grant: Grant) -> dict[str, Any]:
        nonce = {"nonce": grant.nonce} if grant.nonce else {}
        return self._claims(grant, grant.client_id) | nonce | {"amr": list(grant.amr)}

    def header(self, algorithm: Algorithm, typ: str = "JWT") -> dict[str, str]:
        return {"alg": algorithm.value, "typ": typ, "kid": str(self.ring.active[algorithm].kid)}

    def read(self, token: str) -> Presented:
        """Check an access token of ours that a person was given. Raises `TokenNotGood`."""
        claims = self.claims(token)
        if is_machine(claims):
            raise TokenNotGood("nobody signed in")
        scopes = frozenset(str(claims.get("scope", "")).split())
        signed_in_at = datetime.fromtimestamp(claims["auth_time"], UTC)
        return Presented(
            str(claims["sub"]), grant_of(claims), scopes, signed_in_at, str(claims["acr"]), str(claims["sid"])
        )

    def claims(self, token: str) -> dict[str, Any]:
        """Give what any access token of ours says, if it holds. Raises `TokenNotGood`."""
        try:
            decoded = jwt.decode(token, self.ring.public, algorithms=[Algorithm.ES256.value])
            self._registry().validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise TokenNotGood(type(error).__name__) from None
        if str(decoded.header.get("typ", "")).lower() != "at+jwt":
            raise TokenNotGood("typ")
        return decoded.claims

    def _registry(self) -> jwt.JWTClaimsRegistry:
        essential: ClaimsOption = {"essential": True}
        return jwt.JWTClaimsRegistry(
            now=ceil(self.at.timestamp()),
            iss={"essential": True, "value": self.issuer},
            sub=essential,
            exp=essential,
            jti=essential,
        )

    def _lifetime(self, ended_at: datetime | None = None) -> dict[str, Any]:
        begins = max(int(self.at.timestamp()), ceil(ended_at.timestamp()) if ended_at else 0)
        return {"iss": self.issuer, "iat": begins, "exp": begins + int(ACCESS_LIFE.total_seconds())}

    def _claims(self, grant: Grant, audience: str) -> dict[str, Any]:
        return {
            "sub": grant.account_id,
            "aud": audience,
            **self._lifetime(),
            "auth_time": int(grant.signed_in_at.timestamp()),
            "acr": grant.acr,
            "sid": grant.sid,
        }

    def _sign_access_token(self, claims: dict[str, Any], grant: Grant | MachineGrant, scope: str) -> str:
        more = {"client_id": grant.client_id, "scope": scope, "jti": f"{grant.id}.{secrets.token_urlsafe(9)}"}
        return self._sign(Algorithm.ES256, "at+jwt", claims | more)

    def _sign(self, algorithm: Algorithm, typ: str, claims: dict[str, Any]) -> str:
        return jwt.encode(self.header(algorithm, typ), claims, self.ring.active[algorithm], [algorithm.value])


def is_machine(claims: Mapping[str, Any]) -> bool:
    """Say whether an access token was given to a client for itself, with nobody signed in."""
    return bool(claims["sub"] == claims.get("client_id"))


def grant_of(claims: Mapping[str, Any]) -> str:
    """Give the id of the grant that an access token came of."""
    return str(claims["jti"]).partition(".")[0]
