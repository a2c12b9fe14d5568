"""What stipends keeps: policies, budgets and their postings, stipends, payees and payments; copies of projects."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from contracts.event import Event
from contracts.ids import ProjectId, TermId
from contracts.stipends import BudgetPosted, StipendEvent, StipendPolicySet
from services.chassis.domain import Actor
from services.chassis.live import Audience
from services.stipends.domain.forecast import Forecast, forecast
from services.stipends.domain.overdue import Overdue, overdue
from services.stipends.domain.statement import Statement, statement
from services.stipends.store.claiming import Claiming
from services.stipends.store.funding import Funding
from services.stipends.store.offering import Offering

__all__ = ["StipendsStore"]


class StipendsStore(Offering, Funding, Claiming):
    """Everything stipends keeps, the commands that move two things at once, and what is reckoned of it all."""

    async def forecast(self, project_id: ProjectId, at: datetime) -> Forecast:
        async def work() -> Forecast:
            known = await self.stipends.of_project(project_id)
            return forecast(known, await self.budgets.of(project_id), at=at)

        return await self._store.database.transaction(work)

    async def statement(
        self, project_id: ProjectId, since: datetime | None, until: datetime | None, term_id: TermId | None
    ) -> Statement:
        """Derive what was and what moved from the postings; of a term: those about its stipends."""

        async def work() -> Statement:
            about: dict[str, Any] = {}
            if term_id is not None:
                ids = await self.stipends.ids_in_term(project_id, term_id)
                about["$expr"] = {"$in": [{"$first": {"$split": ["$reference", "."]}}, ids]}
            begin = {"$gte": since} if since else {}
            end = {"$lt": until} if until else {}
            before = await self.postings.movements(project_id, {**about, "at": {"$lt": since}}) if since else []
            within = {**about, "at": {**begin, **end}} if since or until else about
            return statement(before, await self.postings.movements(project_id, within))

        return await self._store.database.transaction(work)

    async def overdue(self, patience: timedelta, at: datetime, *, most: int) -> list[Overdue]:
        waiting = await self.stipends.waiting_since(at - patience, most=most)
        return [one for stipend in waiting for one in overdue(stipend, patience, at=at)]

    async def audience_of(self, event: Event) -> Audience | None:
        """Say who is told of one of our own events: whoever may see what it is about as it is now."""
        if isinstance(event, BudgetPosted | StipendPolicySet):
            project = await self.projects.get(event.id)
            return Audience(_signed_in(project.is_open_to)) if project else None
        if not isinstance(event, StipendEvent):
            return None
        stipend = await self.stipends.get(event.id)
        project = await self.projects.get(stipend.project_id or "")
        held_back = await self.held_back.holds(stipend)
        return Audience(_signed_in(lambda reader: stipend.is_seen_by(reader, project, held_back=held_back)))


def _signed_in(sees: Callable[[Actor], bool]) -> Callable[[Actor | None], bool]:
    return lambda reader: reader is not None and sees(reader)
