"""How often something was tried lately."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.store import Store
from services.identity.domain.record import digest


@dataclass(frozen=True)
class Limit:
    name: str
    most: int
    window: timedelta


SIGN_IN: Final = Limit("sign-in", 10, timedelta(minutes=15))
"""Failures, for one account from one network."""
SECOND_FACTOR: Final = Limit("second-factor", 5, timedelta(minutes=15))
"""Wrong codes, for one account: who gets so far knows its password, from wherever they come."""
MAIL: Final = Limit("mail", 5, timedelta(hours=1))
"""Mails that anybody can have sent to one address."""

DEVICE: Final = Limit("device", 10, timedelta(minutes=15))
"""Codes of devices that one account, or one network, types wrong."""
DEVICES: Final = Limit("devices", 60, timedelta(minutes=15))
"""Devices that may begin to ask from one network."""


class Limits:
    """Counts tries by what they are about; what that is, is kept as a hash alone."""

    def __init__(self, store: Store) -> None:
        self._tries = store.database["tries"]

    async def prepare(self) -> None:
        await self._tries.ensure(IndexModel([("at", 1)], expireAfterSeconds=int(timedelta(hours=2).total_seconds())))

    async def try_once(self, limit: Limit, *about: str, at: datetime) -> int:
        """Count a try before it is made, so that many at once count too; gives the seconds to wait, 0 for none."""
        oldest, last = f"tries.{0}", f"tries.{limit.most - 1}"
        open_ = {"$or": [{last: {"$exists": False}}, {oldest: {"$lte": at - limit.window}}]}
        counted: dict[str, Any] = {"$push": {"tries": {"$each": [at], "$slice": -limit.most}}, "$set": {"at": at}}
        id = self._id(limit, about)
        while True:
            with suppress(DuplicateKeyError):  # there is no room, or another first try was faster
                await self._tries.update({"_id": id, **open_}, counted, upsert=True)
                return 0
            if wait := await self._wait(id, limit, at):
                return wait

    async def forgive(self, limit: Limit, *about: str, at: datetime) -> None:
        """Take one try back: it was a good one."""
        await self._tries.update({"_id": self._id(limit, about)}, {"$pull": {"tries": at}})

    async def _wait(self, id: str, limit: Limit, at: datetime) -> int:
        """Give the seconds until there is room, 0 for now."""
        known = await self._tries.find_one({"_id": id}) or {"tries": []}
        if len(known["tries"]) < limit.most:
            return 0
        oldest: datetime = known["tries"][0]
        return max(0, ceil((oldest + limit.window - at).total_seconds()))

    @staticmethod
    def _id(limit: Limit, about: tuple[str, ...]) -> str:
        return digest("\n".join((limit.name, *about)))
