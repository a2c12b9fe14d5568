"""Whether the process lives, and whether it is ready; the second asks the store, the first asks nobody."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.chassis.mongo import Database, PyMongoError

KEPT: Final = 1.0
"""Seconds for which one look at the store serves."""


@dataclass(frozen=True)
class Part:
    """`needed` parts make the service unready while they are not well."""

    well: Callable[[], bool]
    needed: bool


class Health:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._parts: dict[str, Part] = {}
        self._looked, self._store_well = float("-inf"), False

    def watch(self, name: str, well: Callable[[], bool], *, needed: bool) -> None:
        self._parts[name] = Part(well, needed)

    async def look(self) -> tuple[bool, dict[str, bool]]:
        """Say whether it is ready, and how each part is."""
        if time.monotonic() - self._looked > KEPT:
            self._looked, self._store_well = time.monotonic(), await self._ping()
        parts = {"store": self._store_well} | {name: part.well() for name, part in self._parts.items()}
        ready = self._store_well and all(parts[name] for name, part in self._parts.items() if part.needed)
        return ready, parts

    async def _ping(self) -> bool:
        try:
            await self._database.ping()
        except PyMongoError:
            return False
        return True
