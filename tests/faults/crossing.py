"""A worker that dies by its own hand while a term crosses an instant: `python -m tests.faults.crossing POINT INSTANT`.

What it is to work on it reads from the environment, as every worker does.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from typing import Any, Final

from services.chassis.outbox import Outbox
from services.chassis.store import Repository, Store
from services.projects import app as rooms

POINTS: Final = ("before it is written", "before it is told", "before it is committed", "after it was committed")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(part: Any, name: str, *, first: bool) -> None:
    """Let a method of the real part be the last thing that this process does, or the first that it no longer does."""
    method = getattr(part, name)

    async def lethal(*args: Any, **kwargs: Any) -> Any:
        if not first:
            await method(*args, **kwargs)
        die()

    setattr(part, name, lethal)


def arm(point: str) -> None:
    places: dict[str, tuple[Any, str, bool]] = {
        POINTS[0]: (Repository, "_put", True),
        POINTS[1]: (Outbox, "tell", True),
        POINTS[2]: (Outbox, "tell", False),
        POINTS[3]: (Store, "transaction", False),
    }
    part, name, first = places[point]
    dying(part, name, first=first)


async def cross(point: str, at: datetime) -> None:
    service = rooms.build(rooms.Settings.from_environment())
    arm(point)
    await service.data.cross_due_instant(at)


if __name__ == "__main__":
    asyncio.run(cross(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
