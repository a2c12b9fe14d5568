"""What identity hears from the others: their parts of an export, and what keeps somebody from being erased."""

from typing import Final

from contracts.applications import ApplicationEvent
from contracts.exports import ApplicationsPartExported, ProjectsPartExported, StipendsPartExported
from contracts.projects import ProjectEvent
from contracts.stipends import StipendEvent
from services.chassis.bus import Listener
from services.identity.store import Identity

listen: Final[Listener[Identity]] = Listener()


@listen(ApplicationEvent)
async def remember_mentorship(event: ApplicationEvent, identity: Identity) -> None:
    await identity.mentorships.remember(event)


@listen(StipendEvent)
async def remember_stipend(event: StipendEvent, identity: Identity) -> None:
    await identity.stipends.remember(event)


@listen(ProjectEvent)
async def remember_project(event: ProjectEvent, identity: Identity) -> None:
    await identity.projects.remember(event)


@listen(ProjectsPartExported, reads=("of", "content"))
async def receive_from_projects(event: ProjectsPartExported, identity: Identity) -> None:
    await identity.exporting.receive(event)


@listen(ApplicationsPartExported, reads=("of", "content"))
async def receive_from_applications(event: ApplicationsPartExported, identity: Identity) -> None:
    await identity.exporting.receive(event)


@listen(StipendsPartExported, reads=("of", "content"))
async def receive_from_stipends(event: StipendsPartExported, identity: Identity) -> None:
    await identity.exporting.receive(event)
