"""The limit on dead letters: a bad release stops itself instead of setting a whole topic aside."""

from collections import deque
from datetime import UTC, datetime
from typing import Final

import structlog

from services.chassis import metrics
from services.chassis.mongo import Database, Document, IndexModel

log = structlog.get_logger()

LAST: Final = 200
"""Messages that are looked back on; a tenth of them set aside is too many."""
CONSUMER: Final = "consumer"


class Brake:
    """On after too many dead letters; off again by an operator's word or a new start."""

    def __init__(self, database: Database, in_a_row: int) -> None:
        self._pauses = database["pauses"]
        self._most_in_a_row = in_a_row
        self.on = False
        self._begin()

    def _begin(self) -> None:
        self.on, self._told, self._in_a_row = False, False, 0
        self._last: deque[bool] = deque(maxlen=LAST)
        metrics.PAUSED.set(0)

    async def prepare(self) -> None:
        await self._pauses.ensure(IndexModel([("since", 1)]))

    def count(self, *, set_aside: bool) -> None:
        """Note what became of a message that was ours to apply."""
        self._last.append(set_aside)
        self._in_a_row = self._in_a_row + 1 if set_aside else 0
        self.on = self.on or self._in_a_row >= self._most_in_a_row or sum(self._last) * 10 >= LAST

    async def holds(self) -> bool:
        """Say whether to stand still, and tell it in the store; goes off when somebody has taken that away."""
        if self.on and not self._told:
            metrics.PAUSED.set(1)
            reason = f"{self._in_a_row} dead letters in a row, {sum(self._last)} among the last {len(self._last)}"
            await self._pauses.put([{"_id": CONSUMER, "since": datetime.now(UTC), "reason": reason}])
            log.critical("consumer paused", reason=reason)
            self._told = True
        elif self.on and await self.paused() is None:
            log.warning("consumer goes on")
            self._begin()
        return self.on

    async def paused(self) -> Document | None:
        """Since when and why the consumer stands still, or None."""
        return await self._pauses.find_one({"_id": CONSUMER})

    async def release(self) -> bool:
        """Let it go on; False where it was not paused."""
        return bool(await self._pauses.delete({"_id": CONSUMER}))
