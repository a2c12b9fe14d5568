"""Clients of the provider: who may ask for tokens, how they prove themselves, and where the answer may go."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from contracts.identity import ClientDeleted, ClientEdited, ClientRegistered, ClientSecretRotated
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound, RuleBroken
from services.identity.domain.farewell import is_good_address
from services.identity.domain.record import digest

SCOPES: Final = ("openid", "profile", "email", "offline_access")
"""What a person can allow. Other scopes of a client are what it may do by itself."""
WEB: Final = "mentorship-web"
"""Our own public client: browser, command line, tests."""
STILL_GOOD: Final = timedelta(days=1)
"""How long the secret before goes on, so that whoever uses it can be told the new one."""

_NATIVE: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\])):[1-9][0-9]{0,4}(/[^\s#]*)?", re.ASCII)
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
_PRIVATE_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+", re.ASCII)


class ClientNotFound(NotFound):
    """No such client."""


class ClientNotGood(RuleBroken):
    """What is asked of a client does not fit together."""


class AddressNotGood(RuleBroken):
    """Nobody can be sent safely to such an address."""


class WithoutSecret(Conflict):
    """The client proves itself by keys or is public, so there is no secret to rotate."""


class OurOwnClient(Conflict):
    """The platform's own pages need it."""


class AuthMethod(StrEnum):
    """How a client proves itself (RFC 7591)."""

    NONE = "none"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    KEY = "private_key_jwt"


class GrantType(StrEnum):
    CODE = "authorization_code"
    REFRESH = "refresh_token"
    CLIENT = "client_credentials"
    DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


FOR_PEOPLE: Final = (GrantType.CODE, GrantType.REFRESH, GrantType.DEVICE)
BY_SECRET: Final = frozenset({AuthMethod.BASIC, AuthMethod.POST})
CONFIDENTIAL: Final = (AuthMethod.BASIC, AuthMethod.POST, AuthMethod.KEY)


class Secret(BaseModel):
    """Kept as its hash alone; it is random and long enough to need no salt."""

    model_config = ConfigDict(frozen=True)

    digest: Annotated[str, Field(repr=False)]
    made_at: Instant
    ends_at: Instant | None = None

    def is_good(self, at: datetime) -> bool:
        return self.ends_at is None or at < self.ends_at


class Client(Aggregate):
    name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    """Where it is told that a session is over; https, or http on loopback."""
    scopes: tuple[str, ...] = SCOPES
    resources: tuple[str, ...]
    """Audiences it may ask for; the first is the default."""
    serves: tuple[str, ...] = ()
    """Audiences it stands for itself: it may introspect tokens that others were given for them."""
    auth_method: AuthMethod = AuthMethod.NONE
    """A public client has none and proves itself by PKCE alone."""
    secrets: tuple[Secret, ...] = ()
    jwks: dict[str, Any] | None = None
    """Its public keys."""
    grant_types: tuple[str, ...] = FOR_PEOPLE
    pkce_required: bool = True
    registered_at: Instant | None = None
    first_party: bool = False
    """Needs no consent."""

    @property
    def is_confidential(self) -> bool:
        return self.auth_method is not AuthMethod.NONE

    def knows_redirect(self, uri: str) -> bool:
        return uri in self.redirect_uris or without_port(uri) in self.redirect_uris

    def has_secret(self, secret: str, at: datetime) -> bool:
        shown = digest(secret)
        return any(kept.is_good(at) and compare_digest(kept.digest, shown) for kept in self.secrets)

    def narrowed(self, scope: str) -> str:
        """Give what a person can let it have of what it asks, in the order asked; unknown words are passed over."""
        return " ".join(dict.fromkeys(word for word in scope.split() if word in self.scopes and word in SCOPES))

    @property
    def own_scopes(self) -> tuple[str, ...]:
        """What it may do by itself."""
        return tuple(word for word in self.scopes if word not in SCOPES)

    def may_introspect(self, *, client_id: str, audience: str) -> bool:
        return client_id == self.id or audience in self.serves


def without_port(uri: str) -> str | None:
    """Give the address that a native client registered: on loopback any port may be asked for (RFC 8252, 7.3)."""
    matched = _NATIVE.fullmatch(uri)
    return matched[1] + (matched[2] or "") if matched else None


def web_client(public_url: str) -> Client:
    return Client(
        id=WEB,
        name="Mentorship",
        redirect_uris=(f"{public_url}/signed-in", "http://127.0.0.1/callback", "http://[::1]/callback"),
        post_logout_redirect_uris=(f"{public_url}/", f"{public_url}/sign-in"),
        resources=(public_url,),
        first_party=True,
    )


def register(client: Client, *, by: Actor, at: datetime) -> Change[Client]:
    """Make a client known. Raises `AddressNotGood`, `ClientNotGood`."""
    _require_sense(client)
    return client.tell(ClientRegistered, by=by, at=at)


def edit(client: Client, *, changes: Mapping[str, Any], by: Actor, at: datetime) -> Change[Client]:
    """Change name, addresses or keys."""
    _require_others(client)
    edited = client.evolve(**changes)
    _require_sense(edited)
    return edited.tell(ClientEdited, by=by, at=at)


def rotate(client: Client, *, secret: str, at_once: bool, by: Actor, at: datetime) -> Change[Client]:
    """Take a new secret, hashed. The one before goes on for a day, unless it is to end at once."""
    if client.auth_method not in BY_SECRET:
        raise WithoutSecret(f"A client with {client.auth_method} has no secret to rotate.")
    last = client.secrets[-1]
    kept = () if at_once else (last.model_copy(update={"ends_at": at + STILL_GOOD}),)
    rotated = client.evolve(secrets=(*kept, Secret(digest=secret, made_at=at)))
    return rotated.tell(ClientSecretRotated, by=by, at=at)


def delete(client: Client, *, by: Actor, at: datetime) -> Change[Client]:
    _require_others(client)
    return client.evolve(secrets=(), jwks=None).tell(ClientDeleted, by=by, at=at)


def _require_others(client: Client) -> None:
    if client.id == WEB:
        raise OurOwnClient("The platform's own client is made anew at every start. Register another one.")


def _require_sense(client: Client) -> None:
    for uri in (*client.redirect_uris, *client.post_logout_redirect_uris):
        if not is_safe_address(uri, confidential=client.is_confidential):
            raise AddressNotGood(
                f"{uri!r} is not good: send https, http on loopback, or for a public client a scheme like"
                " com.example.app; without fragment, user name or wildcard."
            )
    if client.backchannel_logout_uri and not is_good_address(client.backchannel_logout_uri):
        raise AddressNotGood(f"{client.backchannel_logout_uri!r} is not good: send https, or http on loopback.")
    if GrantType.CODE in client.grant_types and not client.redirect_uris:
        raise ClientNotGood("A client that people sign in to needs an address to send them back to.")
    if not client.is_confidential and (GrantType.CLIENT in client.grant_types or not client.pkce_required):
        raise ClientNotGood("A public client acts for people alone, and always with PKCE.")
    if not client.grant_types:
        raise ClientNotGood("Say where people are sent back to, or that the client acts by itself.")


def is_safe_address(uri: str, *, confidential: bool) -> bool:
    """Say whether people may be sent there: nobody else can listen, and nothing in it runs (RFC 8252, RFC 9700)."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not uri.isascii() or not uri.isprintable() or set(uri) & set(' "<>\\^`{|}*#') or "@" in parts.netloc:
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme == "http":
        return host in _LOOPBACK
    return not confidential and bool(_PRIVATE_SCHEME.fullmatch(parts.scheme)) and parts.path.startswith("/")
