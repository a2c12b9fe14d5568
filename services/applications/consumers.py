"""What applications does about what others tell."""

from contracts.identity import MenteeProfileSaved, PersonDescribed
from contracts.projects import ProjectEvent, TermDeleted, TermEvent
from contracts.stipends import StipendEvent
from services.applications.store import ApplicationsStore
from services.chassis.bus import Listener

listen: Listener[ApplicationsStore] = Listener()


@listen(ProjectEvent)
async def remember_project(event: ProjectEvent, store: ApplicationsStore) -> None:
    await store.projects.remember(event)


@listen(TermEvent)
async def remember_term(event: TermEvent, store: ApplicationsStore) -> None:
    await store.remember_term(event)


@listen(TermDeleted)
async def forget_term(event: TermDeleted, store: ApplicationsStore) -> None:
    """Nobody applied to it, or it could not have been deleted; from now on nobody can."""
    await store.terms.forget(event)


@listen(MenteeProfileSaved)
async def remember_mentee(event: MenteeProfileSaved, store: ApplicationsStore) -> None:
    await store.mentees.remember(event)


@listen(PersonDescribed)
async def remember_person(event: PersonDescribed, store: ApplicationsStore) -> None:
    await store.people.remember(event)
    if not event.name:
        await store.forget_person(event.id)
        await store.forget_writings(event.id)


@listen(StipendEvent)
async def remember_funding(event: StipendEvent, store: ApplicationsStore) -> None:
    await store.fundings.remember(event)
