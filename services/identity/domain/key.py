"""Signing keys and the states they pass through.

next → active → retired
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from contracts.identity import SigningKeysRotated
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound
from services.identity.domain.record import Record


class KeyState(StrEnum):
    NEXT = "next"
    """Published, so that verifiers know it before it signs."""
    ACTIVE = "active"
    RETIRED = "retired"
    """Published for as long as something it signed may still be shown."""


class Algorithm(StrEnum):
    RS256 = "RS256"
    """id_tokens: every client understands it."""
    ES256 = "ES256"
    """Access tokens: short and quick to check."""


PUBLISHED: Final = frozenset(KeyState)
KNOWN_FIRST: Final = timedelta(minutes=10)
"""A key is published for so long before it signs: twice as long as a verifier keeps keys without looking."""
KNOWN_AFTER: Final = timedelta(hours=1)
"""A key is published for so long after it signed: longer than any token lives."""
IN_USE: Final = timedelta(days=90)


class SigningKey(Record):
    """Its id is the key's `kid`, the RFC 7638 thumbprint."""

    algorithm: Algorithm
    state: KeyState
    public: dict[str, Any]
    sealed: Annotated[bytes, Field(repr=False)]
    """The private part, encrypted."""
    made_at: Instant
    activated_at: Instant | None = None
    retired_at: Instant | None = None

    def is_due(self, at: datetime) -> bool:
        """Say whether a next key has been published for long enough to sign."""
        return self.state is KeyState.NEXT and at - self.made_at >= KNOWN_FIRST

    def is_old(self, at: datetime) -> bool:
        """Say whether another key has to be made to follow this one."""
        return self.state is KeyState.ACTIVE and self.in_use_for(at) >= IN_USE - KNOWN_FIRST

    def in_use_for(self, at: datetime) -> timedelta:
        return at - (self.activated_at or self.made_at)


def are_due(keys: Iterable[SigningKey], at: datetime) -> bool:
    """Say whether it is time to make the next keys."""
    known = list(keys)
    return any(key.is_old(at) for key in known) and not any(key.state is KeyState.NEXT for key in known)


class RotationInHand(Conflict):
    """Next keys are published already."""


class RotationNotFound(NotFound):
    """The keys were never rotated."""


class Rotation(Aggregate):
    """The rotations of all keys; version 0 is the empty one that nobody has saved."""

    version: int = 0
    at_once: bool = False


def rotate(rotation: Rotation, *, at_once: bool, by: Actor, at: datetime) -> Change[Rotation]:
    return rotation.evolve(at_once=at_once).tell(SigningKeysRotated, by=by, at=at)
