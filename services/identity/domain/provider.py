"""Sign-in providers: third parties whose word on who somebody is we take.

enabled ⇄ disabled
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field

from contracts.identity import SignInProviderAdded, SignInProviderChanged, SignInProviderKind
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound, RuleBroken

_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,29}", re.ASCII)
OURS: Final = frozenset({"link", "new", "passkey", "second-factor"})
"""Names that pages beside a provider's have."""


class ProviderNotFound(NotFound):
    """There is no such provider, or it is disabled."""


class ProviderThere(Conflict):
    """There is one of this name."""


class ProviderNotRight(RuleBroken):
    """What was told of a provider cannot work, or would not be safe."""


@dataclass(frozen=True)
class Known:
    """What we know of a kind, so that nobody has to tell it."""

    label: str
    issuer: str
    hosts: tuple[str, ...]
    sends_nonce: bool = True
    takes_pkce: bool = True


KNOWN: Final[Mapping[SignInProviderKind, Known]] = {
    SignInProviderKind.GOOGLE: Known(
        "Google",
        "https://accounts.google.com",
        ("accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com", "openidconnect.googleapis.com"),
    ),
    # It sends no nonce back and refuses a code verifier of a client that has a secret.
    SignInProviderKind.LINKEDIN: Known(
        "LinkedIn",
        "https://www.linkedin.com/oauth",
        ("www.linkedin.com", "api.linkedin.com"),
        sends_nonce=False,
        takes_pkce=False,
    ),
    SignInProviderKind.GITHUB: Known("GitHub", "https://github.com", ("github.com", "api.github.com")),
}


class Provider(Aggregate):
    """Its id is in the address that the provider sends people back to."""

    kind: SignInProviderKind
    label: str
    """What people know it as."""
    issuer: str
    hosts: tuple[str, ...]
    """The only ones that are asked about its people, with their ports where not the usual."""
    client_id: str
    sealed: Annotated[bytes, Field(repr=False)]
    """The secret it gave us."""
    sends_nonce: bool = True
    takes_pkce: bool = True
    proves_addresses: bool = True
    """Its word that an e-mail address is verified is good here."""
    enabled: bool = True
    added_at: Instant


def add(
    id: str,
    *,
    kind: SignInProviderKind,
    client_id: str,
    sealed: bytes,
    label: str | None = None,
    issuer: str | None = None,
    hosts: tuple[str, ...] = (),
    sends_nonce: bool | None = None,
    takes_pkce: bool | None = None,
    proves_addresses: bool = True,
    by: Actor,
    at: datetime,
) -> Change[Provider]:
    """Begin to take a provider's word; what is not told is as its kind has it. Raises `ProviderNotRight`."""
    if not _ID.fullmatch(id) or id in OURS:
        raise ProviderNotRight(f"A provider is named by up to 30 small letters, digits and hyphens, not {id[:50]!r}.")
    known = KNOWN.get(kind, Known("", "", ()))
    said = (issuer or known.issuer).rstrip("/")
    own = known.hosts if said and said == known.issuer else (_host(said),)
    provider = Provider(
        id=id,
        kind=kind,
        label=label or known.label or id,
        issuer=said,
        hosts=tuple(dict.fromkeys((*own, *(host.lower() for host in hosts)))),
        client_id=client_id,
        sealed=sealed,
        sends_nonce=known.sends_nonce if sends_nonce is None else sends_nonce,
        takes_pkce=known.takes_pkce if takes_pkce is None else takes_pkce,
        proves_addresses=proves_addresses,
        added_at=at,
    )
    return provider.tell(SignInProviderAdded, by=by, at=at)


def enable(provider: Provider, *, by: Actor, at: datetime) -> Change[Provider]:
    return Change(provider) if provider.enabled else _turn(provider, on=True, by=by, at=at)


def disable(provider: Provider, *, by: Actor, at: datetime) -> Change[Provider]:
    """Take its word no more; what was linked stays linked, for when it is enabled again."""
    return _turn(provider, on=False, by=by, at=at) if provider.enabled else Change(provider)


def replace_secret(provider: Provider, *, sealed: bytes, by: Actor, at: datetime) -> Change[Provider]:
    return provider.evolve(sealed=sealed).tell(SignInProviderChanged, by=by, at=at)


def is_safe(url: str) -> bool:
    """Say whether what is sent there is kept secret on its way; on this very machine it may lie open."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))


def _turn(provider: Provider, *, on: bool, by: Actor, at: datetime) -> Change[Provider]:
    return provider.evolve(enabled=on).tell(SignInProviderChanged, by=by, at=at)


def _host(issuer: str) -> str:
    parts = urlsplit(issuer)
    plain = parts.netloc and "@" not in parts.netloc and not parts.query and not parts.fragment
    if not plain or not is_safe(issuer):
        raise ProviderNotRight(f"An issuer is an https address without query, not {issuer[:100]!r}.")
    return parts.netloc.lower()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
