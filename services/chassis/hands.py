"""Whose hand it is that acts: for the audit trail, carried by context from the edge of a request to its last change."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Final

ANONYMOUS: Final = "anonymous"
SYSTEM: Final = "system"
KEPT_BITS: Final = {4: 24, 6: 48}
"""Of an address; what is left names a provider's district, and no household."""


@dataclass
class Hand:
    """Who acts, and from where."""

    actor: str = SYSTEM
    """An account, `anonymous`, or `system:` and the service."""
    roles: frozenset[str] = frozenset()
    """Platform roles that the actor showed."""
    client: str = ""
    address: str = ""
    """Truncated."""
    request_id: str = ""
    seen: set[str] | None = field(default=None, compare=False)
    """Whom the things read so far are about, where reading is noted."""

    @property
    def is_person(self) -> bool:
        return is_person(self.actor)


_hand: ContextVar[Hand | None] = ContextVar("_hand", default=None)


def current() -> Hand:
    return _hand.get() or Hand()


@contextmanager
def acting(hand: Hand) -> Iterator[Hand]:
    token = _hand.set(hand)
    try:
        yield hand
    finally:
        _hand.reset(token)


def is_person(actor: str) -> bool:
    return actor != ANONYMOUS and not actor.startswith(SYSTEM)


def truncated(host: str) -> str:
    """Leave of an address only its network; what is no address is left out."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return str(ip_network(f"{address}/{KEPT_BITS[address.version]}", strict=False))
