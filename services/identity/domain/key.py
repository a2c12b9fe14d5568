"""Signing keys and the states they pass through.

next → active → retired
"""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from contracts.time import Instant
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


class SigningKey(Record):
    """Its id is the key's `kid`, the RFC 7638 thumbprint."""

    algorithm: Algorithm
    state: KeyState
    public: dict[str, Any]
    sealed: Annotated[bytes, Field(repr=False)]
    """The private part, encrypted."""
    made_at: Instant
