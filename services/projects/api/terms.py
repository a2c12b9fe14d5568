"""The runs of a project: planned, changed, closed early, reopened, taken back."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import Field

from contracts.ids import ProjectId, TermId
from contracts.time import Instant
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.said import Moment, Whole
from services.chassis.text import Line
from services.projects.api.data import Data, Id
from services.projects.domain.term import Label, Term

of_project = router("/v1/projects", "terms")
routes = router("/v1/terms", "terms")


def _left_out() -> datetime:
    """Stand for an instant that a patch does not name; it is never looked at."""
    return datetime.min.replace(tzinfo=UTC)


class PlanTerm(Body):
    name: Annotated[Line, Field(max_length=50)]
    window_opens_at: Moment
    window_closes_at: Moment
    starts_at: Moment
    ends_at: Moment
    results_at: Moment | None = None
    time_zone: Line = "UTC"
    capacity: Annotated[Whole, Field(ge=1, le=1000)]


class EditTerm(Body):
    """A merge patch: what is left out stays."""

    name: Annotated[Line, Field(max_length=50)] = ""
    window_opens_at: Moment = Field(default_factory=_left_out)
    window_closes_at: Moment = Field(default_factory=_left_out)
    starts_at: Moment = Field(default_factory=_left_out)
    ends_at: Moment = Field(default_factory=_left_out)
    results_at: Moment | None = None
    time_zone: Line = ""
    capacity: Annotated[Whole, Field(ge=1, le=1000)] = 1


class ReopenTerm(Body):
    window_closes_at: Moment


class TermView(View):
    id: TermId
    project_id: ProjectId
    name: str
    window_opens_at: Instant
    window_closes_at: Instant
    window_closes_local: str
    """The deadline in the zone it was set in, with that zone's offset."""
    starts_at: Instant
    ends_at: Instant
    results_at: Instant | None
    time_zone: str
    capacity: int
    version: int


class LabeledTermView(TermView):
    label: Label

    @classmethod
    def of(cls, term: Term, label: Label) -> Self:
        return cls.model_validate({**TermView.model_validate(term).model_dump(), "label": label})


@of_project.post("/{id}/terms", response_model=TermView, status_code=201)
async def plan_term(id: Id, command: PlanTerm, data: Data, by: By, now: Now, term_id: NewId) -> Term:
    return await data.plan_term(Term(id=TermId(term_id), project_id=id, **command.model_dump()), by=by, at=now)


@routes.patch("/{id}", response_model=TermView)
async def edit_term(id: TermId, command: EditTerm, data: Data, by: By, now: Now) -> Term:
    return await data.edit_term(id, command.model_dump(exclude_unset=True), by=by, at=now)


@routes.delete("/{id}", status_code=204)
async def delete_term(id: TermId, data: Data, by: By, now: Now) -> None:
    await data.delete_term(id, by=by, at=now)


@routes.post("/{id}/close", response_model=TermView)
async def close_term(id: TermId, data: Data, by: By, now: Now) -> Term:
    return await data.close_term(id, by=by, at=now)


@routes.post("/{id}/reopen", response_model=TermView)
async def reopen_term(id: TermId, command: ReopenTerm, data: Data, by: By, now: Now) -> Term:
    return await data.reopen_term(id, command.window_closes_at, by=by, at=now)
