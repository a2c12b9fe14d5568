"""What projects keeps: its own projects, terms and invitations; copies of who people are and of applications."""

from datetime import datetime
from typing import Protocol

from contracts.ids import ProjectId
from services.chassis.domain import Actor, Change
from services.projects.domain.project import Project, Tally
from services.projects.store.dates import Calendars
from services.projects.store.enrolling import Enrolling
from services.projects.store.membership import Membership
from services.projects.store.planning import Planning
from services.projects.store.privacy import Privacy
from services.projects.store.shown import Shown


class DecisionWithApplications(Protocol):
    """A decision that looks at where the project's applications stand."""

    def __call__(self, project: Project, tally: Tally, *, by: Actor, at: datetime) -> Change[Project]: ...


class ProjectsStore(Enrolling, Planning, Membership, Calendars, Shown, Privacy):
    """Everything projects keeps, and the commands that move two things at once."""

    async def prepare(self) -> None:
        await super().prepare()
        if await self.catalog.is_outdated():
            await self.rebuild_catalog()

    async def decide_with_applications(
        self, id: ProjectId, decide: DecisionWithApplications, *, by: Actor, at: datetime
    ) -> Project:
        """Decide knowing how many applications there are, as far as applications has told."""

        async def work() -> Project:
            return await self.projects.change(id, decide, await self.applications.tally(id), by=by, at=at)

        return await self._store.transaction(work)
