"""The commands of terms: planned, changed, closed, reopened, taken back, and moved on by the clock."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from contracts.ids import TermId
from services.chassis.domain import Actor, NotInThisState, system
from services.projects.domain import term as terms
from services.projects.domain.project import Project
from services.projects.domain.term import Term
from services.projects.store.kept import Kept

BY_ITSELF: Final = system("projects")


class Planning(Kept):
    async def plan_term(self, term: Term, *, by: Actor, at: datetime) -> Term:
        """Add a term; two at the same time meet at the project, so that neither oversteps the limit unseen."""

        async def work() -> Term:
            project = await self.projects.get(term.project_id)
            change = terms.plan(term, project, await self.terms.of(project.id), by=by, at=at)
            await self.projects.documents.update({"_id": project.id}, {"$inc": {"terms_planned": 1}})
            return await self.terms.add(change)

        return await self._store.transaction(work)

    async def edit_term(self, id: TermId, changes: Mapping[str, Any], *, by: Actor, at: datetime) -> Term:
        """Change a term; it meets others that are planned or edited now at the project, so that names stay apart."""

        async def work() -> Term:
            project = await self._project_of(id)
            await self.projects.documents.update({"_id": project.id}, {"$inc": {"terms_planned": 1}})
            others, taken = await self.terms.of(project.id), await self.applications.holding_places(id)
            return await self.terms.change(id, terms.edit, changes, project, others, taken=taken, by=by, at=at)

        return await self._store.transaction(work)

    async def close_term(self, id: TermId, *, by: Actor, at: datetime) -> Term:
        async def work() -> Term:
            return await self.terms.change(id, terms.close, await self._project_of(id), by=by, at=at)

        return await self._store.transaction(work)

    async def reopen_term(self, id: TermId, window_closes_at: datetime, *, by: Actor, at: datetime) -> Term:
        async def work() -> Term:
            project = await self._project_of(id)
            return await self.terms.change(id, terms.reopen, window_closes_at, project, by=by, at=at)

        return await self._store.transaction(work)

    async def delete_term(self, id: TermId, *, by: Actor, at: datetime) -> None:
        """Take a term back, if as far as applications has told nobody applied to it."""

        async def work() -> None:
            project, applied = await self._project_of(id), await self.applications.of_term(id)
            deleted = await self.terms.change(id, terms.delete, project, applications=applied, by=by, at=at)
            await self.terms.remove(deleted)

        await self._store.transaction(work)

    async def _project_of(self, id: TermId) -> Project:
        term = await self.terms.get(id)
        return await self.projects.get(term.project_id)

    async def cross_due_instant(self, at: datetime) -> bool:
        """Let the most overdue term pass its next instant; says whether there was one."""
        due = await self.terms.find({"next_at": {"$ne": None, "$lte": at}}, sort="next_at", limit=1)
        for term in due:
            with suppress(NotInThisState):  # another worker was faster
                await self.terms.change(term.id, terms.cross, by=BY_ITSELF, at=at)
        return bool(due)
