"""The device grant (RFC 8628): a device without a browser asks, a person allows it elsewhere, it fetches tokens.

pending → approved | denied        approved → used
"""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.time import Instant
from services.chassis.domain import RuleBroken
from services.identity.domain.record import Record, digest

LIFE: Final = timedelta(minutes=10)
INTERVAL: Final = timedelta(seconds=5)
"""Between two polls, and by how much it grows when they come faster (RFC 8628, 3.5)."""
REMEMBERED: Final = timedelta(days=1)
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; nothing that looks like something else (RFC 8628, 6.1)."""
LENGTH: Final = 8


class DeviceCodeNotGood(RuleBroken):
    """The code is wrong, too old, or was answered before; which of them is not said."""


class DeviceState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


class Device(Record):
    """Its id is the hash of the device code."""

    user_code: str
    """The hash of what the person types."""
    client_id: str
    scope: str
    resource: str
    state: DeviceState = DeviceState.PENDING
    interval: float = INTERVAL.total_seconds()
    """Seconds."""
    poll_after: Instant
    expires_at: Instant
    forget_at: Instant
    grant_id: str = ""
    """Of the grant that the yes began."""
    used_at: Instant | None = None

    def is_open(self, at: datetime) -> bool:
        """Say whether a person can still answer."""
        return self.state is DeviceState.PENDING and at < self.expires_at


def begin(device_code: str, user_code: str, *, client_id: str, scope: str, resource: str, at: datetime) -> Device:
    return Device(
        id=digest(device_code),
        user_code=digest(normalized(user_code)),
        client_id=client_id,
        scope=scope,
        resource=resource,
        poll_after=at,
        expires_at=at + LIFE,
        forget_at=at + REMEMBERED,
    )


def new_user_code() -> str:
    """Eight letters: one guess in 25 billion, and few guesses are taken."""
    return written("".join(secrets.choice(LETTERS) for _ in range(LENGTH)))


def normalized(typed: str) -> str:
    """Read a code as people type it: in small letters, with or without the dash, with spaces."""
    return "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())


def written(code: str) -> str:
    """Write a code so that it can be read out."""
    plain = normalized(code)
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))
