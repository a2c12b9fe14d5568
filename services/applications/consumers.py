"""What applications does about what others tell."""

from contracts.identity import ExportRequested, MenteeProfileSaved, PersonDescribed
from contracts.projects import AdministratorLeft, MentorLeft, ProjectEvent, TermDeleted, TermEvent
from contracts.stipends import StipendEvent
from services.applications.store import ApplicationsStore
from services.chassis.bus import Listener

listen: Listener[ApplicationsStore] = Listener()


@listen(ProjectEvent)
async def remember_project(event: ProjectEvent, store: ApplicationsStore) -> None:
    await store.projects.remember(event)


@listen(MentorLeft, reads=("replaced_by",))
async def hand_over_from_mentor(event: MentorLeft, store: ApplicationsStore) -> None:
    if event.replaced_by:
        await store.hand_over(event.id, event.replaced_by)


@listen(AdministratorLeft, reads=("replaced_by",))
async def hand_over_from_administrator(event: AdministratorLeft, store: ApplicationsStore) -> None:
    if event.replaced_by:
        await store.hand_over(event.id, event.replaced_by)


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
    await store.remember_person(event)


@listen(StipendEvent)
async def remember_funding(event: StipendEvent, store: ApplicationsStore) -> None:
    await store.fundings.remember(event)


@listen(ExportRequested, reads=("account_id", "seal_key"))
async def tell_export(event: ExportRequested, store: ApplicationsStore) -> None:
    await store.tell_export(event)
