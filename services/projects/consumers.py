"""What projects does about what others tell."""

from contracts.identity import PersonDescribed
from services.chassis.bus import Listener
from services.projects.store import ProjectsStore

listen: Listener[ProjectsStore] = Listener()


@listen(PersonDescribed)
async def remember_person(event: PersonDescribed, store: ProjectsStore) -> None:
    await store.people.remember(event)
