"""An evaluation: due at a milestone of the mentorship, recorded once by a mentor or administrator.

At midterm and at the end the mentee gives feedback with it, also once.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import (
    ApplicationStatus,
    Attendance,
    EvaluationRecorded,
    EvaluationScheduled,
    FeedbackGiven,
    Milestone,
    Verdict,
)
from contracts.ids import ActorId, ApplicationId, EvaluationId
from contracts.time import Instant
from services.applications.domain.application import Application
from services.applications.domain.known import Project, Term
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotAllowed, NotFound, NotInThisState, RuleBroken

WEEKS: Final[Mapping[Attendance, Mapping[Milestone, int]]] = {
    Attendance.FULL_TIME: {Milestone.FIRST: 3, Milestone.MIDTERM: 6, Milestone.THIRD: 9, Milestone.FINAL: 12},
    Attendance.PART_TIME: {Milestone.FIRST: 6, Milestone.MIDTERM: 12, Milestone.THIRD: 18, Milestone.FINAL: 24},
}
"""After how many weeks each is due (LFX)."""
OPTIONAL: Final = frozenset({Milestone.FIRST, Milestone.THIRD})
WITH_FEEDBACK: Final = frozenset({Milestone.MIDTERM, Milestone.FINAL})


class EvaluationUnknown(NotFound):
    """There is no such evaluation, or it is not for this reader."""


class RecordedBefore(Conflict):
    """An evaluation is recorded once."""


class FeedbackGivenBefore(Conflict):
    """Feedback is given once."""


class NoFeedbackHere(RuleBroken):
    """This evaluation comes without the mentee's feedback."""


class Feedback(BaseModel):
    """What the mentee says, for themself and the project's administrators; a mentor learns that it was given."""

    model_config = ConfigDict(frozen=True)

    on_mentor: str
    on_project: str
    at: Instant


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
    feedback: Feedback | None = None

    def shown_to(self, reader: Actor, application: Application, project: Project) -> Self:
        """Give it as this reader may see it."""
        if reader.id == application.mentee_id:
            return self.model_copy(update={"private_note": ""})
        if self.feedback is None or project.has_administrator(reader):
            return self
        return self.model_copy(update={"feedback": Feedback(on_mentor="", on_project="", at=self.feedback.at)})

    def must_be_recorded_by(self, by: Actor, application: Application, project: Project) -> None:
        if not application.is_seen_by(by, project):
            raise EvaluationUnknown(f"There is no evaluation {self.id!r}.")
        if by.id == application.mentee_id:
            raise NotAllowed("This is about you; a mentor or administrator of the project records it.")

    def must_be_answered_by(self, by: Actor, application: Application, project: Project) -> None:
        if not application.is_seen_by(by, project):
            raise EvaluationUnknown(f"There is no evaluation {self.id!r}.")
        if by.id != application.mentee_id:
            raise NotAllowed("Only the mentee whom this is about gives feedback.")


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
    _must_be_active(application)
    recorded = evaluation.evolve(**said, recorded_by=by.id, recorded_at=at)
    return recorded.tell(EvaluationRecorded, by=by, at=at)


def give_feedback(
    evaluation: Evaluation,
    application: Application,
    project: Project,
    *,
    on_mentor: str,
    on_project: str,
    by: Actor,
    at: datetime,
) -> Change[Evaluation]:
    """Say, as the mentee, how mentor and project do; saying the very same again changes nothing."""
    evaluation.must_be_answered_by(by, application, project)
    if evaluation.milestone not in WITH_FEEDBACK:
        raise NoFeedbackHere("Feedback is given with the midterm and the final evaluation.")
    if (before := evaluation.feedback) is not None:
        if (before.on_mentor, before.on_project) == (on_mentor, on_project):
            return Change(evaluation)
        raise FeedbackGivenBefore("You gave feedback with this evaluation before, and it stays so.")
    _must_be_active(application)
    feedback = Feedback(on_mentor=on_mentor, on_project=on_project, at=at)
    return evaluation.evolve(feedback=feedback).tell(FeedbackGiven, by=by, at=at)


def _must_be_active(application: Application) -> None:
    if application.status is not ApplicationStatus.ACTIVE:
        raise NotInThisState(f"The application is {application.status}; only an active mentorship is evaluated.")
