"""A farewell: the word to a client that a session it knows is over (OpenID Connect Back-Channel Logout)."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from contracts.ids import AccountId
from contracts.time import Instant
from services.identity.domain.record import Record

GIVE_UP_AFTER: Final = timedelta(hours=24)
LONGEST_PAUSE: Final = timedelta(minutes=10)
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Farewell(Record):
    """The address is not in it: it is read off the client when it is sent, so that none is told that left."""

    client_id: str
    account_id: AccountId
    sid: str
    told_at: Instant
    """When the session ended."""
    due_at: Instant
    attempts: int = 0

    def next_attempt(self, at: datetime) -> datetime | None:
        """Say when to try again, later each time; None where it is given up."""
        if at - self.told_at >= GIVE_UP_AFTER:
            return None
        return at + min(LONGEST_PAUSE, timedelta(seconds=2 ** min(self.attempts, 20)))


def is_good_address(uri: str) -> bool:
    """Say whether a farewell may be sent there: https, or http to this very machine; nothing hidden in it."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.fragment or "@" in parts.netloc or not uri.isascii() or not uri.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
