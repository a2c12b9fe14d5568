"""Since when nothing older of an account is good: sessions, grants, tokens."""

from datetime import datetime
from typing import ClassVar

from contracts.identity import SessionsEnded
from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, NotFound


class EndingNotFound(NotFound):
    """Nothing of this account was ended yet."""


class Ending(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    concerns: ClassVar = ("id",)

    id: AccountId
    version: int = 0
    before: Instant | None = None

    def covers(self, at: datetime) -> bool:
        """Say whether what was proved or given then is over."""
        return self.before is not None and at < self.before


def end(ending: Ending, *, by: Actor, at: datetime) -> Change[Ending]:
    return ending.evolve(before=at).tell(SessionsEnded, by=by, at=at)
