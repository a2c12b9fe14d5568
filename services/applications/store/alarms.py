"""What is to be looked at again at an instant: a row for each application and reason."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.ids import ApplicationId, TermId
from services.applications.domain.application import Application
from services.chassis.mongo import IndexModel
from services.chassis.store import Store

AHEAD_OF_DEADLINE: Final = timedelta(days=7)
"""When somebody is reminded of prerequisites that are not completed."""
AHEAD_OF_EXPIRY: Final = timedelta(days=3)
"""When a mentee is reminded of an offer."""


class Alarm(StrEnum):
    RESULT = "result"
    """The applicant is told what was decided."""
    OFFER = "offer"
    """An offer ends soon."""
    PREREQUISITES = "prerequisites"
    """The deadline is near."""
    LIKENESS = "likeness"
    """The text is compared with those of others."""


class Alarms:
    def __init__(self, store: Store) -> None:
        self._rows = store.database["alarms"]

    async def prepare(self) -> None:
        await self._rows.ensure(IndexModel([("due_at", 1)]), IndexModel([("term_id", 1), ("kind", 1)]))

    async def set(self, application: Application, due_at: Mapping[Alarm, datetime]) -> None:
        """Set each, or set it anew."""
        of_it = {"application_id": application.id, "term_id": application.term_id}
        await self._rows.put(
            [{"_id": _id(kind, application.id), "kind": kind, **of_it, "due_at": at} for kind, at in due_at.items()]
        )

    async def clear(self, kind: Alarm, id: ApplicationId) -> bool:
        """Say whether it was set."""
        return bool(await self._rows.delete({"_id": _id(kind, id)}))

    async def move(self, kind: Alarm, term_id: TermId, due_at: datetime) -> None:
        """Set all of a term to another instant."""
        await self._rows.update_many({"term_id": term_id, "kind": kind}, {"$set": {"due_at": due_at}})

    async def take_due(self, at: datetime) -> tuple[Alarm, ApplicationId] | None:
        """Give the one that is due for longest, and forget it."""
        for row in await self._rows.find({"due_at": {"$lte": at}}, sort=[("due_at", 1)], limit=1):
            await self._rows.delete({"_id": row["_id"]})
            return Alarm(row["kind"]), ApplicationId(row["application_id"])
        return None


def ahead_of_expiry(offered: Application) -> Mapping[Alarm, datetime]:
    """Give when the mentee is reminded of the offer, if there is one."""
    until = offered.offer_expires_at
    return {} if until is None else {Alarm.OFFER: until - AHEAD_OF_EXPIRY}


def _id(kind: Alarm, application_id: str) -> str:
    return f"{application_id}/{kind}"
