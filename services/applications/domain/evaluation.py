"""An evaluation: due at a milestone of the mentorship, recorded once by a mentor or administrator.

At midterm and at the end the mentee gives feedback with it, also once. Whoever's turn it is is reminded; a week late it
is the administrators'. An unsatisfactory midterm can be given one more chance, an evaluation of its own.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import (
    ApplicationStatus,
    Attendance,
    EvaluationEscalated,
    EvaluationMoved,
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
from services.applications.domain.reminder import Notice, Schedule, reached, upcoming
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotAllowed, NotFound, NotInThisState, RuleBroken

WEEKS: Final[Mapping[Attendance, Mapping[Milestone, int]]] = {
    Attendance.FULL_TIME: {Milestone.FIRST: 3, Milestone.MIDTERM: 6, Milestone.THIRD: 9, Milestone.FINAL: 12},
    Attendance.PART_TIME: {Milestone.FIRST: 6, Milestone.MIDTERM: 12, Milestone.THIRD: 18, Milestone.FINAL: 24},
}
"""After how many weeks each is due (LFX)."""
OPTIONAL: Final = frozenset({Milestone.FIRST, Milestone.THIRD})
WITH_FEEDBACK: Final = frozenset({Milestone.MIDTERM, Milestone.FINAL})
REMINDERS: Final[Schedule] = {Notice.AHEAD: -7, Notice.TODAY: 0, Notice.LATE: 3, Notice.ESCALATED: 7}
OF_OPTIONAL: Final[Schedule] = {Notice.AHEAD: -7, Notice.TODAY: 0}
"""What need not be done is never late."""
OF_FEEDBACK: Final[Schedule] = {Notice.AHEAD: -7, Notice.TODAY: 0, Notice.LATE: 3}
"""Once the evaluation is recorded and the mentee's feedback alone is missing: nobody can give that instead."""


class EvaluationUnknown(NotFound):
    """There is no such evaluation, or it is not for this reader."""


class RecordedBefore(Conflict):
    """An evaluation is recorded once."""


class FeedbackGivenBefore(Conflict):
    """Feedback is given once."""


class NoFeedbackHere(RuleBroken):
    """This evaluation comes without the mentee's feedback."""


class QuestionUnknown(RuleBroken):
    """The project does not ask this."""


class NoSecondChance(Conflict):
    """One re-evaluation is set, and only of an unsatisfactory midterm."""


class DayPast(RuleBroken):
    """What is to be done is not due in the past."""


class Answer(BaseModel):
    """To a question of the project's, as it was asked then."""

    model_config = ConfigDict(frozen=True)

    question_id: str
    question: str
    shown: bool
    """Whether the mentee sees it."""
    text: str


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
    answers: tuple[Answer, ...] = ()
    recorded_by: ActorId | None = None
    recorded_at: Instant | None = None
    feedback: Feedback | None = None
    reminded: Notice | None = None
    """The newest reminder of the day it is due."""
    reevaluates: EvaluationId | None = None
    reevaluated_by: EvaluationId | None = None

    @property
    def awaits_feedback(self) -> bool:
        return self.takes_feedback and self.feedback is None

    @property
    def takes_feedback(self) -> bool:
        return self.milestone in WITH_FEEDBACK and self.reevaluates is None

    @property
    def is_open(self) -> bool:
        return self.verdict is None or self.awaits_feedback

    @property
    def reminders(self) -> Schedule:
        if self.verdict is None:
            return OF_OPTIONAL if self.optional else REMINDERS
        return OF_FEEDBACK if self.awaits_feedback else {}

    @property
    def reminds_at(self) -> datetime | None:
        """When somebody is next reminded of it."""
        return upcoming(self.reminders, self.due_on, self.reminded)

    def shown_to(self, reader: Actor, application: Application, project: Project) -> Self:
        """Give it as this reader may see it."""
        if reader.id == application.mentee_id:
            shown = tuple(answer for answer in self.answers if answer.shown)
            return self.model_copy(update={"private_note": "", "answers": shown})
        if self.feedback is None or project.has_administrator(reader):
            return self
        return self.model_copy(update={"feedback": Feedback(on_mentor="", on_project="", at=self.feedback.at)})

    def must_be_seen_by(self, by: Actor, application: Application, project: Project) -> None:
        if not application.is_seen_by(by, project):
            raise EvaluationUnknown(f"There is no evaluation {self.id!r}.")

    def must_be_recorded_by(self, by: Actor, application: Application, project: Project) -> None:
        self.must_be_seen_by(by, application, project)
        if by.id == application.mentee_id:
            raise NotAllowed("This is about you; a mentor or administrator of the project records it.")

    def must_be_answered_by(self, by: Actor, application: Application, project: Project) -> None:
        self.must_be_seen_by(by, application, project)
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
    answers: Mapping[str, str],
    by: Actor,
    at: datetime,
) -> Change[Evaluation]:
    """Say how it goes, with answers by question; saying the very same again changes nothing."""
    evaluation.must_be_recorded_by(by, application, project)
    said = {"verdict": verdict, "summary": summary, "private_note": private_note}
    if said.items() <= dict(evaluation).items() and answers == _texts(evaluation.answers):
        return Change(evaluation)
    if evaluation.verdict is not None:
        raise RecordedBefore(f"This evaluation was recorded as {evaluation.verdict} and stays so.")
    _must_be_active(application)
    recorded = evaluation.evolve(**said, answers=_answered(project, answers), recorded_by=by.id, recorded_at=at)
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
    if not evaluation.takes_feedback:
        raise NoFeedbackHere("Feedback is given with the midterm and the final evaluation.")
    if (before := evaluation.feedback) is not None:
        if (before.on_mentor, before.on_project) == (on_mentor, on_project):
            return Change(evaluation)
        raise FeedbackGivenBefore("You gave feedback with this evaluation before, and it stays so.")
    _must_be_active(application)
    feedback = Feedback(on_mentor=on_mentor, on_project=on_project, at=at)
    return evaluation.evolve(feedback=feedback).tell(FeedbackGiven, by=by, at=at)


def postpone(evaluation: Evaluation, *, days: int, by: Actor, at: datetime) -> Change[Evaluation]:
    """Move its day, because the mentorship was extended; everybody is reminded of the new one."""
    moved = evaluation.evolve(due_on=evaluation.due_on + timedelta(days=days), reminded=None)
    return moved.tell(EvaluationMoved, by=by, at=at)


def remind(evaluation: Evaluation, application: Application, *, by: Actor, at: datetime) -> Change[Evaluation]:
    """Note that somebody is reminded of it; after downtime once, by what is true now."""
    notice = reached(evaluation.reminders, evaluation.due_on, evaluation.reminded, at)
    if notice is None:
        raise NotInThisState("Nobody is to be reminded of this evaluation now.")
    reminded = evaluation.evolve(reminded=notice)
    if notice is Notice.ESCALATED and application.status is ApplicationStatus.ACTIVE:
        return reminded.tell(EvaluationEscalated, by=by, at=at)
    return Change(reminded)


def give_second_chance(
    evaluation: Evaluation, application: Application, project: Project, *, again: EvaluationId, by: Actor
) -> Change[Evaluation]:
    """Let an unsatisfactory midterm be evaluated once more, by the evaluation with the id `again`."""
    application.must_be_decided_by(by, project)
    _must_be_active(application)
    if evaluation.reevaluated_by or evaluation.reevaluates:
        raise NoSecondChance("This midterm was given another chance before; there is no third one.")
    if (evaluation.milestone, evaluation.verdict) != (Milestone.MIDTERM, Verdict.UNSATISFACTORY):
        raise NoSecondChance("Only a midterm evaluation that is unsatisfactory is done once more.")
    return Change(evaluation.evolve(reevaluated_by=again))


def reevaluate(id: str, evaluation: Evaluation, *, due_on: date, by: Actor, at: datetime) -> Change[Evaluation]:
    """Plan the other chance. Raises `DayPast`."""
    if due_on <= at.date():
        raise DayPast(f"{due_on} is not ahead. Name a later day.")
    again = Evaluation(
        id=EvaluationId(id),
        application_id=evaluation.application_id,
        milestone=evaluation.milestone,
        optional=False,
        due_on=due_on,
        reminded=reached(REMINDERS, due_on, None, at),
        reevaluates=evaluation.id,
    )
    return again.tell(EvaluationScheduled, by=by, at=at)


def _texts(answers: Iterable[Answer]) -> dict[str, str]:
    return {answer.question_id: answer.text for answer in answers}


def _answered(project: Project, answers: Mapping[str, str]) -> tuple[Answer, ...]:
    """Put the answers in the order of the project's questions, each with what was asked. Raises `QuestionUnknown`."""
    asked = project.evaluation_questions
    if unknown := answers.keys() - {question.id for question in asked}:
        raise QuestionUnknown(f"The project does not ask: {', '.join(sorted(unknown))}.")
    return tuple(
        Answer(question_id=each.id, question=each.text, shown=each.shown, text=answers[each.id])
        for each in asked
        if each.id in answers
    )


def _must_be_active(application: Application) -> None:
    if application.status is not ApplicationStatus.ACTIVE:
        raise NotInThisState(f"The application is {application.status}; only an active mentorship is evaluated.")
