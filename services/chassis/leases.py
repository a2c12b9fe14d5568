"""One replica acts at a time: leases in the store, by the store's clock."""

import os
import socket
import time
import uuid
from datetime import timedelta
from typing import Final

from services.chassis.mongo import Database, Document

LENGTH: Final = timedelta(seconds=5)
RENEWED: Final = 1.5
"""Seconds after which a holder asks again."""


class Lease:
    """A name that one holder has for a while.

    A holder that is slow may overlap with its successor, so what is done under a lease must bear repetition.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._leases = database["leases"]
        self._name = name
        self._holder = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self._held = float("-inf")

    async def hold(self) -> bool:
        """Take or prolong the lease; False while somebody else has it."""
        if time.monotonic() - self._held < RENEWED:
            return True
        if await self._take():
            return True
        nobody = {"$setOnInsert": {"holder": None, "until": None}}
        known = await self._leases.update({"_id": self._name}, nobody, upsert=True)
        return not known and await self._take()

    async def _take(self) -> bool:
        asked = time.monotonic()
        mine_or_over = {"$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$until", "$$NOW"]}]}
        until = {"$add": ["$$NOW", int(LENGTH.total_seconds() * 1000)]}
        change: list[Document] = [{"$set": {"holder": self._holder, "until": until}}]
        taken = await self._leases.update({"_id": self._name, "$expr": mine_or_over}, change)
        if taken:
            self._held = asked
        return bool(taken)

    async def release(self) -> None:
        self._held = float("-inf")
        over = {"$set": {"until": None, "holder": None}}
        await self._leases.update({"_id": self._name, "holder": self._holder}, over)


async def held(database: Database) -> list[Document]:
    """Give the leases that somebody has at this moment, by the store's clock."""
    return await database["leases"].aggregate(
        [{"$match": {"$expr": {"$gt": ["$until", "$$NOW"]}}}, {"$sort": {"_id": 1}}]
    )
