"""Accounts whose older access tokens are good no more, followed from identity within a second."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from contracts.identity import SessionsEnded
from services.chassis.mongo import Collection, Database, IndexModel, PyMongoError

log = structlog.get_logger()

LOOK: Final = 0.5
"""Seconds between looks at the store."""
REMEMBERED: Final = timedelta(hours=1)
"""Longer than any access token lives."""


class Endings:
    """Told by events, kept in the store, held in memory by every process that verifies tokens."""

    def __init__(self, database: Database) -> None:
        self._known: Collection = database["ended_sessions"]
        self._held: Mapping[str, float] = {}

    async def prepare(self) -> None:
        await self._known.ensure(IndexModel([("before", 1)]))

    async def remember(self, event: SessionsEnded) -> None:
        """Keep the latest; there is no harm in hearing it twice."""
        await self._known.update({"_id": event.id}, {"$max": {"before": event.before}}, upsert=True)

    def is_over(self, account: str, issued_at: float) -> bool:
        """Say whether a token of this account that was issued then (seconds since 1970) is good no more."""
        before = self._held.get(account)
        return before is not None and issued_at < before

    async def look(self) -> None:
        since = datetime.fromtimestamp(time.time(), UTC) - REMEMBERED
        found = await self._known.find({"before": {"$gt": since}}, fields={"before": 1})
        self._held = {document["_id"]: document["before"].timestamp() for document in found}

    async def follow(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await self.look()
            except PyMongoError as error:
                log.warning("endings not read", error=type(error).__name__)
            try:
                await asyncio.wait_for(stopping.wait(), LOOK)
            except TimeoutError:
                continue
