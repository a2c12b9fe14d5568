"""An evaluation: due at a milestone of the mentorship, recorded once by a mentor or administrator."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, Self

from contracts.applications import (
    ApplicationStatus,
    Attendance,
    EvaluationRecorded,
    EvaluationScheduled,
    Milestone,
    Verdict,
)
from contracts.ids import ActorId, ApplicationId, EvaluationId
from contracts.time import Instant
from services.applications.domain.application import Application
from services.applications.domain.known import Project, Term
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotAllowed, NotFound, NotInThisState

WEEKS: Final[Mapping[Attendance, Mapping[Milestone, int]]] = {
    Attendance.FULL_TIME: {Milestone.FIRST: 3, Milestone.MIDTERM: 6, Milestone.THIRD: 9, Milestone.FINAL: 12},
    Attendance.PART_TIME: {Milestone.FIRST: 6, Milestone.MIDTERM: 12, Milestone.THIRD: 18, Milestone.FINAL: 24},
}
"""After how many weeks each is due (LFX)."""
OPTIONAL: Final = frozenset({Milestone.FIRST, Milestone.THIRD})


class EvaluationUnknown(NotFound):
    """There is no such evaluation, or it is not for this reader."""


class RecordedBefore(Conflict):
    """An evaluation is recorded once."""


class Evaluation(Aggregate):
    id: EvaluationId
    application_id: ApplicationId
    milestone: Milestone
    optional: bool
    due_on: date
    verdict: Verdict | None = None
    summary: str = ""
    """For the mentee to see."""
    private_note: str = ""
    """For the project's people alone."""
    recorded_by: ActorId | None = None
    recorded_at: Instant | None = None

    def shown_to(self, reader: Actor, application: Application) -> Self:
        """Give it as this reader may see it."""
        return self.model_copy(update={"private_note": ""}) if reader.id == application.mentee_id else self

    def must_be_recorded_by(self, by: Actor, application: Application, project: Project) -> None:
        if not application.is_seen_by(by, project):
            raise EvaluationUnknown(f"There is no evaluation {self.id!r}.")
        if by.id == application.mentee_id:
            raise NotAllowed("This is about you; a mentor or administrator of the project records it.")


def schedule(
    application: Application, term: Term, ids: Iterable[str], *, by: Actor, at: datetime
) -> list[Change[Evaluation]]:
    """Plan all evaluations of a mentorship that begins with its term, or now where that has begun."""
    if application.attendance is None:
        raise NotInThisState("Nothing is scheduled before the attendance is known.")
    begins = max(term.starts_at, at)
    return [
        Evaluation(
            id=EvaluationId(id),
            application_id=application.id,
            milestone=milestone,
            optional=milestone in OPTIONAL,
            due_on=(begins + timedelta(weeks=weeks)).date(),
        ).tell(EvaluationScheduled, by=by, at=at)
        for id, (milestone, weeks) in zip(ids, WEEKS[application.attendance].items(), strict=False)
    ]


def record(
    evaluation: Evaluation,
    application: Application,
    project: Project,
    *,
    verdict: Verdict,
    summary: str,
    private_note: str,
    by: Actor,
    at: datetime,
) -> Change[Evaluation]:
    """Say how it goes; saying the very same again changes nothing."""
    evaluation.must_be_recorded_by(by, application, project)
    said = {"verdict": verdict, "summary": summary, "private_note": private_note}
    if said.items() <= dict(evaluation).items():
        return Change(evaluation)
    if evaluation.verdict is not None:
        raise RecordedBefore(f"This evaluation was recorded as {evaluation.verdict} and stays so.")
    if application.status is not ApplicationStatus.ACTIVE:
        raise NotInThisState(f"The application is {application.status}; only an active mentorship is evaluated.")
    recorded = evaluation.evolve(**said, recorded_by=by.id, recorded_at=at)
    return recorded.tell(EvaluationRecorded, by=by, at=at)
