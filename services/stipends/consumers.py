"""What stipends does about what others tell."""

from contracts.applications import ApplicationEvent, EvaluationEvent, EvaluationRecorded
from contracts.identity import PersonDescribed
from contracts.ids import StipendId
from contracts.projects import ProjectEvent
from services.chassis.bus import Listener
from services.stipends.domain.facts import hear_application, hear_due, hear_evaluation
from services.stipends.store import StipendsStore

listen: Listener[StipendsStore] = Listener()


@listen(PersonDescribed)
async def remember_person(event: PersonDescribed, store: StipendsStore) -> None:
    await store.letters.people.remember(event)
    await store.letters.address(event.id)


@listen(ProjectEvent)
async def remember_project(event: ProjectEvent, store: StipendsStore) -> None:
    await store.projects.remember(event)


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
