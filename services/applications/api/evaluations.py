"""A route for each decision about evaluations."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from contracts.applications import Milestone, Verdict
from contracts.ids import ActorId, ApplicationId, EvaluationId
from contracts.time import Instant
from services.applications.dependencies import ApplicationPath, Data, EvaluationPath
from services.applications.domain.evaluation import Evaluation
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.paging import Page
from services.chassis.said import Day
from services.chassis.text import Line, Prose

routes: Final = router("/v1", "evaluations")


class RecordEvaluation(Body):
    verdict: Verdict
    summary: Prose = ""
    """The mentee sees them."""
    private_note: Prose = ""
    """The mentee does not see it."""
    answers: Annotated[dict[Line, Prose], Field(max_length=50, default_factory=dict)]
    """By the id of the project's question, which also says whether the mentee sees the answer."""


class SetReevaluation(Body):
    due_on: Day


class GiveFeedback(Body):
    on_mentor: Prose
    on_project: Prose


class FeedbackView(View):
    """A mentor sees that it was given, and no words."""

    on_mentor: str
    on_project: str
    at: Instant


class EvaluationAnswerView(View):
    question_id: str
    question: str
    shown: bool
    text: str


class EvaluationView(View):
    id: EvaluationId
    application_id: ApplicationId
    milestone: Milestone
    optional: bool
    due_on: date
    verdict: Verdict | None
    summary: str
    private_note: str
    answers: Sequence[EvaluationAnswerView]
    recorded_by: ActorId | None
    recorded_at: Instant | None
    feedback: FeedbackView | None
    reevaluates: EvaluationId | None
    reevaluated_by: EvaluationId | None
    version: int


@routes.get("/applications/{id}/evaluations", response_model=Page[EvaluationView])
async def list_evaluations(id: ApplicationPath, data: Data, by: By) -> Page[Evaluation]:
    application, project = await data.seen_with_project(by, id)
    found = await data.evaluations.find({"application_id": application.id}, sort="due_on")
    return Page(items=[each.shown_to(by, application, project) for each in found], next_cursor=None)


@routes.get("/evaluations/{id}", response_model=EvaluationView)
async def read_evaluation(id: EvaluationPath, data: Data, by: By) -> Evaluation:
    return await data.evaluation_seen_by(by, id)


@routes.put("/evaluations/{id}", response_model=EvaluationView)
async def record_evaluation(id: EvaluationPath, command: RecordEvaluation, data: Data, by: By, now: Now) -> Evaluation:
    return await data.record_evaluation(id, **dict(command), by=by, at=now)


@routes.put("/evaluations/{id}/feedback", response_model=EvaluationView)
async def give_feedback(id: EvaluationPath, command: GiveFeedback, data: Data, by: By, now: Now) -> Evaluation:
    return await data.give_feedback(id, **dict(command), by=by, at=now)


@routes.post("/evaluations/{id}/reevaluate", response_model=EvaluationView, status_code=201)
async def set_reevaluation(
    id: EvaluationPath, command: SetReevaluation, data: Data, by: By, now: Now, new_id: NewId
) -> Evaluation:
    return await data.reevaluate(id, new_id, due_on=command.due_on, by=by, at=now)
