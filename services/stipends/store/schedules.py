"""The stipend schedules there are: those that come with the product, and those that staff issued."""

from collections.abc import Mapping

from services.chassis.domain import Change
from services.chassis.mongo import DuplicateKeyError
from services.chassis.store import Repository, Store
from services.stipends.domain.schedule import IssuedSchedule, Schedule, ScheduleUnknown, VersionTaken


class Schedules:
    """A version never changes, so each is read once and kept in memory."""

    def __init__(self, store: Store, shipped: Mapping[str, Schedule]) -> None:
        self._issued = Repository(store, "stipend_schedules", IssuedSchedule, ScheduleUnknown)
        self._shipped = shipped
        self._known: dict[str, Schedule] = {}

    async def prepare(self) -> None:
        await self._issued.prepare()

    async def all(self) -> Mapping[str, Schedule]:
        """Give every schedule by its version."""
        versions = {row["_id"] for row in await self._issued.documents.find({}, fields={"_id": 1})}
        for version in versions - self._known.keys():
            self._known[version] = (await self._issued.get(version)).schedule
        return {**self._shipped, **{version: self._known[version] for version in versions}}

    async def get(self, version: str) -> Schedule:
        """Give one. Raises `ScheduleUnknown`."""
        known = (await self.all()).get(version)
        if known is None:
            raise ScheduleUnknown(f"There is no stipend schedule {version!r}.")
        return known

    async def add(self, issued: Change[IssuedSchedule]) -> Schedule:
        """Keep a new one. Raises `VersionTaken`."""
        taken = VersionTaken(f"There is a schedule {issued.state.id!r}. Choose another version.")
        if issued.state.id in self._shipped:
            raise taken
        try:
            return (await self._issued.add(issued)).schedule
        except DuplicateKeyError:
            raise taken from None
