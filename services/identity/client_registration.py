"""What somebody says to make a client known: the same over JSON and from the command line."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from pydantic import AfterValidator, Field

from services.chassis.domain import Actor
from services.chassis.http import Body
from services.chassis.said import YesOrNo
from services.chassis.text import Line
from services.identity.domain import client as clients
from services.identity.domain.client import BY_SECRET, FOR_PEOPLE, SCOPES, AuthMethod, Client, GrantType, Secret
from services.identity.domain.record import digest
from services.identity.settings import Settings
from services.identity.store import Identity

SMALLEST_RSA: Final = 2048
"""Bits."""


def _public_keys(jwks: dict[str, Any]) -> dict[str, Any]:
    """Take public keys to verify signatures with, as they are; whatever else is there is refused."""
    try:
        keys = KeySet.import_key_set({"keys": jwks["keys"]}).keys
    except (JoseError, KeyError, TypeError, ValueError):
        raise ValueError("It is no JSON Web Key Set.") from None
    if not 1 <= len(keys) <= 10 or any(not _is_good(key) for key in keys):
        raise ValueError("Send 1 to 10 public keys: EC (P-256), OKP (Ed25519), or RSA of 2048 bits and more.")
    return {"keys": [key.as_dict(private=False) for key in keys]}


def _is_good(key: object) -> bool:
    match key:
        case RSAKey():
            return not key.is_private and key.raw_value.key_size >= SMALLEST_RSA
        case ECKey():
            return not key.is_private and key.curve_name == "P-256"
        case OKPKey():
            return not key.is_private and key.as_dict().get("crv") == "Ed25519"
        case _:
            return False


Address = Annotated[str, Field(min_length=1, max_length=2000)]
Addresses = Annotated[tuple[Address, ...], Field(max_length=20)]
Scope = Annotated[str, Field(max_length=100, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")]
Audience = Annotated[str, Field(max_length=2000, pattern=r"^https?://[!-~]+$")]
PublicKeys = Annotated[dict[str, Any], AfterValidator(_public_keys)]


class CreateClient(Body):
    name: Line
    redirect_uris: Addresses = ()
    """Where people are sent back to; none for a client that only acts by itself."""
    post_logout_redirect_uris: Addresses = ()
    backchannel_logout_uri: Address | None = None
    """Where it is told that a session is over; https, or http on loopback."""
    auth_method: AuthMethod = AuthMethod.BASIC
    jwks: PublicKeys | None = None
    """Public keys for `private_key_jwt`; without them a pair is made, and the private key is shown once."""
    scopes: Annotated[tuple[Scope, ...], Field(max_length=50)] = SCOPES
    resources: Annotated[tuple[Audience, ...], Field(max_length=20)] = ()
    """Audiences it may ask for, the first unless it says another; nothing but userinfo unless some are named."""
    serves: Annotated[tuple[Audience, ...], Field(max_length=20)] = ()
    """Audiences it stands for: it may introspect everybody's tokens for them."""
    by_itself: YesOrNo = False
    """May have tokens with nobody signed in (client credentials)."""
    pkce_required: YesOrNo = True
    first_party: YesOrNo = False
    """Nobody is asked for consent."""


@dataclass(frozen=True)
class Registered:
    """A new client, and what is shown of its secrets this one time."""

    client: Client
    secret: str | None = None
    private_key: dict[str, Any] | None = None


def new_secret() -> str:
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


async def register(
    identity: Identity, settings: Settings, said: CreateClient, *, by: Actor, at: datetime
) -> Registered:
    """Make a client known. Raises `AddressNotGood`, `ClientNotGood`."""
    secret = new_secret() if said.auth_method in BY_SECRET else None
    jwks, private_key = _keys(said)
    client = Client(
        **said.model_dump(exclude={"jwks", "by_itself", "resources"}),
        id=f"client-{secrets.token_hex(8)}",
        resources=said.resources or _default(said, settings),
        grant_types=(*(FOR_PEOPLE if said.redirect_uris else ()), *((GrantType.CLIENT,) if said.by_itself else ())),
        secrets=(Secret(digest=digest(secret), made_at=at),) if secret else (),
        jwks=jwks,
        registered_at=at,
    )
    added = await identity.clients.registered.add(clients.register(client, by=by, at=at))
    return Registered(added, secret, private_key)


def _keys(said: CreateClient) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if said.auth_method is not AuthMethod.KEY or said.jwks:
        return said.jwks, None
    made = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True, auto_kid=True)
    return {"keys": [made.as_dict(private=False)]}, dict(made.as_dict(private=True))


def _default(said: CreateClient, settings: Settings) -> tuple[str, ...]:
    """Let our own applications use the platform as the person, and others learn who they are and no more."""
    return (settings.public_url if said.first_party else f"{settings.public_url}/oauth2/userinfo",)
