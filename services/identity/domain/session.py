"""A browser that is signed in, and how long it stays so."""

from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId
from contracts.time import Instant
from services.identity.domain.record import Record

IDLE: Final = timedelta(hours=12)
AT_MOST: Final = timedelta(days=7)
NOTICED: Final = timedelta(minutes=1)
"""How exactly its last use is known."""
ONE_FACTOR: Final = "1"
"""The `acr` of a sign-in with a password and nothing else."""


class Session(Record):
    """Its id is the hash of what the browser's cookie holds."""

    sid: str
    """Names the session in tokens."""
    account_id: AccountId
    signed_in_at: Instant
    seen_at: Instant
    ends_at: Instant
    acr: str = ONE_FACTOR
    amr: tuple[str, ...] = ("pwd",)

    def is_alive(self, at: datetime) -> bool:
        return at < self.ends_at and at - self.seen_at < IDLE

    def is_due_for_notice(self, at: datetime) -> bool:
        return at - self.seen_at >= NOTICED

    def is_older_than(self, seconds: int, at: datetime) -> bool:
        return (at - self.signed_in_at).total_seconds() > seconds


def begin(id: str, *, sid: str, account_id: AccountId, at: datetime) -> Session:
    return Session(id=id, sid=sid, account_id=account_id, signed_in_at=at, seen_at=at, ends_at=at + AT_MOST)
