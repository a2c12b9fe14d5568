"""What stipends does about what others tell."""

from contracts.applications import ApplicationEvent, EvaluationEvent, EvaluationRecorded
from contracts.identity import AccountEvent, ExportRequested, PersonDescribed
from contracts.ids import StipendId
from contracts.projects import ProjectEvent, TermDeleted, TermEvent
from services.chassis.bus import Listener
from services.stipends.domain.facts import hear_application, hear_due, hear_evaluation
from services.stipends.store import StipendsStore

listen: Listener[StipendsStore] = Listener()


@listen(PersonDescribed)
async def remember_person(event: PersonDescribed, store: StipendsStore) -> None:
    await store.privacy.remember_person(event)


@listen(ExportRequested, reads=("account_id", "seal_key"))
async def tell_export(event: ExportRequested, store: StipendsStore) -> None:
    await store.privacy.tell_export(event)


@listen(AccountEvent)
async def remember_account(event: AccountEvent, store: StipendsStore) -> None:
    await store.accounts.remember(event)


@listen(ProjectEvent)
async def remember_project(event: ProjectEvent, store: StipendsStore) -> None:
    await store.projects.remember(event)


@listen(TermEvent)
async def remember_term(event: TermEvent, store: StipendsStore) -> None:
    await store.held_back.remember(event)


@listen(TermDeleted)
async def forget_term(event: TermDeleted, store: StipendsStore) -> None:
    await store.terms.forget(event)


@listen(
    ApplicationEvent,
    reads=(
        "project_id",
        "term_id",
        "mentee_id",
        "status",
        "country",
        "attendance",
        "accepted_at",
        "prerequisites_completed_at",
    ),
)
async def follow_application(event: ApplicationEvent, store: StipendsStore) -> None:
    await store.hear(StipendId(event.id), hear_application(event))


@listen(EvaluationEvent, reads=("application_id", "milestone", "due_on"))
async def note_due_day(event: EvaluationEvent, store: StipendsStore) -> None:
    await store.hear(StipendId(event.application_id), hear_due(event))


@listen(EvaluationRecorded, reads=("application_id", "milestone", "verdict"))
async def follow_evaluation(event: EvaluationRecorded, store: StipendsStore) -> None:
    await store.hear(StipendId(event.application_id), hear_evaluation(event))
