"""What projects does about what others tell."""

from contracts.applications import ApplicationEvent, EvaluationEvent
from contracts.identity import AccountEvent, ExportRequested, MentorProfileSaved, PersonDescribed
from contracts.stipends import StipendPolicySet
from services.chassis.bus import Listener
from services.projects.store import ProjectsStore

listen: Listener[ProjectsStore] = Listener()


@listen(PersonDescribed)
async def remember_person(event: PersonDescribed, store: ProjectsStore) -> None:
    await store.remember_person(event)


@listen(AccountEvent)
async def remember_account(event: AccountEvent, store: ProjectsStore) -> None:
    await store.accounts.remember(event)


@listen(ApplicationEvent)
async def remember_application(event: ApplicationEvent, store: ProjectsStore) -> None:
    await store.remember_application(event)


@listen(EvaluationEvent)
async def remember_evaluation(event: EvaluationEvent, store: ProjectsStore) -> None:
    await store.evaluations.remember(event)


@listen(MentorProfileSaved)
async def remember_mentor(event: MentorProfileSaved, store: ProjectsStore) -> None:
    await store.mentors.remember(event)


@listen(StipendPolicySet)
async def remember_policy(event: StipendPolicySet, store: ProjectsStore) -> None:
    await store.remember_policy(event)


@listen(ExportRequested, reads=("account_id", "seal_key"))
async def tell_export(event: ExportRequested, store: ProjectsStore) -> None:
    await store.tell_export(event)
