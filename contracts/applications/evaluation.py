"""Evaluations of a mentorship, and the feedback that comes with them."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import ApplicationId, EvaluationId


class Milestone(StrEnum):
    """The evaluations of a mentorship, in their order."""

    FIRST = "first"
    MIDTERM = "midterm"
    THIRD = "third"
    FINAL = "final"


class Verdict(StrEnum):
    SATISFACTORY = "satisfactory"
    UNSATISFACTORY = "unsatisfactory"


class EvaluationEvent(Event):
    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "evaluation"

    id: EvaluationId
    application_id: ApplicationId
    milestone: Milestone
    due_on: date
    verdict: Verdict | None
    reevaluates: EvaluationId | None = None
    """The unsatisfactory one of the same milestone that this one gives another chance."""


class EvaluationScheduled(EvaluationEvent):
    """The mentorship was confirmed, or another chance given, so this evaluation is due."""

    type: Literal["evaluation.scheduled.v1"] = "evaluation.scheduled.v1"


class EvaluationMoved(EvaluationEvent):
    """The mentorship was extended, so this evaluation is due later."""

    type: Literal["evaluation.moved.v1"] = "evaluation.moved.v1"


class EvaluationEscalated(EvaluationEvent):
    """No mentor recorded it in a week; the project's administrators are asked."""

    type: Literal["evaluation.escalated.v1"] = "evaluation.escalated.v1"


class EvaluationRecorded(EvaluationEvent):
    """A mentor or administrator said how it goes."""

    type: Literal["evaluation.recorded.v1"] = "evaluation.recorded.v1"


class FeedbackGiven(EvaluationEvent):
    """The mentee gave feedback on mentor and project; its words are for few and never told."""

    type: Literal["feedback.given.v1"] = "feedback.given.v1"
