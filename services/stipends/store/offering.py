"""How projects pay, and by which schedules: set, issued, and tried out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from contracts.ids import ProjectId
from contracts.money import Country
from services.chassis.domain import Actor
from services.stipends.domain import policy as policies
from services.stipends.domain import schedule as tables
from services.stipends.domain.policy import Offer, StipendPolicy, Terms
from services.stipends.domain.schedule import AmountChange, Schedule
from services.stipends.store.kept import Kept


@dataclass(frozen=True)
class Issued:
    """A schedule, and what it changes."""

    schedule: Schedule
    changes: Sequence[AmountChange]
    issued: bool
    """Else it was only tried."""


class Offering(Kept):
    async def issue_schedule(self, schedule: Schedule, *, dry_run: bool, by: Actor, at: datetime) -> Issued:
        """Issue it, unless it is a dry run."""

        async def work() -> Issued:
            issued = tables.issue(schedule, by=by, at=at)
            before = tables.predecessor(await self.schedules.all(), schedule)
            if not dry_run:
                await self.schedules.add(issued)
            return Issued(schedule, tables.compare(before, schedule), issued=not dry_run)

        return await self._store.transaction(work)

    async def schedule_changes(self, version: str, since: str | None) -> Sequence[AmountChange]:
        after, known = await self.schedules.get(version), await self.schedules.all()
        before = await self.schedules.get(since) if since else tables.predecessor(known, after)
        return tables.compare(before, after)

    async def set_policy(self, id: ProjectId, terms: Terms, *, by: Actor, at: datetime) -> StipendPolicy:
        async def work() -> StipendPolicy:
            schedules = await self.schedules.all()
            decide = partial(policies.set_policy, project=await self.project(id), schedules=schedules)
            if await self.policies.find_one({"_id": id}):
                return await self.policies.change(id, decide, terms, by=by, at=at)
            return await self.policies.add(decide(StipendPolicy(id=id, version=0), terms, by=by, at=at))

        return await self._store.transaction(work)

    async def preview(
        self, reader: Actor, project_id: ProjectId, country: Country, on: date, terms: Terms | None = None
    ) -> Offer:
        """Say what a mentee in this country would get: by the project's policy, or by the terms somebody thinks of."""
        await self.project_open_to(reader, project_id)
        schedules = await self.schedules.all()
        if terms is not None:
            policies.must_be_sound(terms, schedules)
        return policies.offer(terms or await self.policies.find_one({"_id": project_id}), schedules, country, on)
