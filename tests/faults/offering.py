"""A worker that dies by its own hand on the way from the wait list into a mentorship.

`python -m tests.faults.offering POINT STEP APPLICATION MENTEE`; what it is to work on it reads from the environment.
"""

import asyncio
import sys
from datetime import UTC, datetime

from contracts.ids import ActorId
from services.applications import app as rooms
from services.applications.store import ApplicationsStore
from services.chassis.domain import Actor
from services.chassis.mongo import Database
from tests.faults.crossing import POINTS, arm, dying


async def take(step: str, data: ApplicationsStore, id: str, mentee: str) -> None:
    """Take one step, as a route or a job does."""
    by, at = Actor(ActorId(mentee)), datetime.now(UTC)
    if step == "offer":
        await data.offer_free_place(at)
    else:
        await data.confirm(id, agreement_version="2026-01", signature="Mira Diaz", by=by, at=at)


async def die_at(point: str, step: str, id: str, mentee: str) -> None:
    service = rooms.build(rooms.Settings.from_environment())
    if point == POINTS[-1]:
        dying(Database, "transaction", first=False)
    else:
        arm(point)
    await take(step, service.data, id, mentee)


if __name__ == "__main__":
    asyncio.run(die_at(*sys.argv[1:]))
