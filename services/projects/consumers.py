"""What projects does about what others tell."""

from contracts.applications import ApplicationEvent
from contracts.identity import PersonDescribed
from services.chassis.bus import Listener
from services.projects.store import ProjectsStore

listen: Listener[ProjectsStore] = Listener()


@listen(PersonDescribed)
async def remember_person(event: PersonDescribed, store: ProjectsStore) -> None:
    await store.people.remember(event)


@listen(ApplicationEvent)
async def remember_application(event: ApplicationEvent, store: ProjectsStore) -> None:
    await store.applications.remember(event)
