"""Stipends, and the way of each installment from earned to paid."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from contracts.applications import Milestone
from contracts.ids import AccountId, ProjectId, StipendId
from contracts.money import Money
from contracts.stipends import InstallmentStatus, StipendStatus
from contracts.time import Instant
from services.chassis.documents import a_file
from services.chassis.http import Body, By, KeyRequired, Now, View, router
from services.chassis.live import StreamResponse
from services.chassis.paging import Page, Paging
from services.chassis.text import Prose
from services.stipends.api.books import installments_of, streamed
from services.stipends.api.data import FINANCE_ONLY, SECOND_FACTOR, Data, Finance, Staff
from services.stipends.domain.installment import Step
from services.stipends.domain.overdue import Overdue
from services.stipends.domain.stipend import Stipend

routes = router("/v1/stipends", "stipends")

Number = Annotated[int, Path(ge=1, le=100)]


class DeclineInstallment(Body):
    reason: Prose


class HoldInstallment(Body):
    reason: Prose
    """The mentee reads it."""


class DecideStipend(Body):
    amount: Money
    explanation: Prose
    """The mentee reads it."""


class InstallmentView(View):
    number: int
    milestone: Milestone
    percent: int
    amount: Money
    status: InstallmentStatus
    where: str
    """In words: where it is."""
    next: str
    """In words: what happens next."""
    steps: Sequence[Step]


class OverdueView(View):
    stipend_id: StipendId
    project_id: ProjectId | None
    mentee_id: AccountId | None
    number: int
    amount: Money
    status: InstallmentStatus
    since: Instant


class StipendView(View):
    id: StipendId
    project_id: ProjectId | None
    mentee_id: AccountId | None
    status: StipendStatus
    amount: Money | None
    schedule: str | None
    explanation: str | None
    installments: Sequence[InstallmentView] = Field(validation_alias="told")
    version: int


@routes.get("", response_model=Page[StipendView])
async def list_stipends(
    data: Data,
    by: By,
    paging: Paging,
    project_id: Annotated[ProjectId | None, Query()] = None,
    mentee_id: Annotated[AccountId | None, Query()] = None,
    status: Annotated[StipendStatus | None, Query()] = None,
) -> Page[Stipend]:
    wanted = {"project_id": project_id, "mentee_id": mentee_id, "status": status}
    return await data.stipends_open_to(by, {k: v for k, v in wanted.items() if v is not None}, paging)


@routes.get("/overdue", response_model=Page[OverdueView], dependencies=[FINANCE_ONLY])
async def list_overdue(
    data: Data,
    now: Now,
    days: Annotated[int, Query(ge=1, le=365, description="Nobody moved it for so many days")] = 7,
) -> Page[Overdue]:
    """Installments that stand still on their way, the longest first; at most a hundred stipends."""
    return Page(items=await data.overdue(timedelta(days=days), now, most=100), next_cursor=None)


@routes.get(
    "/export.csv",
    response_model=None,
    response_class=StreamingResponse,
    responses=a_file("text/csv"),
    dependencies=[FINANCE_ONLY],
)
async def export_stipends(
    data: Data, project_id: Annotated[ProjectId | None, Query(description="Only this project's")] = None
) -> StreamingResponse:
    """One line an installment, the stipends in the order in which they were heard of."""
    return streamed(installments_of(data.stipends.each_of(project_id)), "text/csv", "stipends.csv")


@routes.get("/stream", status_code=200, response_class=StreamResponse)
async def stream_changes(
    request: Request, by: By, last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None
) -> StreamResponse:
    """Tell of changes of the stipends and budgets that the reader may see: `{id, kind, sequence, at}`."""
    stream: StreamResponse = await request.app.state.live.stream(by, last_event_id)
    return stream


@routes.get("/{id}", response_model=StipendView)
async def read_stipend(id: StipendId, data: Data, by: By) -> Stipend:
    return await data.stipend_open_to(by, id)


@routes.post("/{id}/decide", response_model=StipendView, dependencies=[SECOND_FACTOR, KeyRequired])
async def decide_stipend(id: StipendId, command: DecideStipend, data: Data, by: Staff, now: Now) -> Stipend:
    """Give an amount where the schedule has none; it is then reserved or waits for money as any other."""
    return await data.decide(id, command.amount, command.explanation, by=by, at=now)


@routes.post("/{id}/installments/{number}/request", response_model=StipendView)
async def request_installment(id: StipendId, number: Number, data: Data, by: By, now: Now) -> Stipend:
    return await data.request(id, number, by=by, at=now)


@routes.post("/{id}/installments/{number}/approve", response_model=StipendView, dependencies=[KeyRequired])
async def approve_installment(id: StipendId, number: Number, data: Data, by: By, now: Now) -> Stipend:
    return await data.approve(id, number, by=by, at=now)


@routes.post(
    "/{id}/installments/{number}/second", response_model=StipendView, dependencies=[SECOND_FACTOR, KeyRequired]
)
async def second_installment(id: StipendId, number: Number, data: Data, by: By, now: Now) -> Stipend:
    """Give the second approval that an amount over the limit takes: another administrator, or finance."""
    return await data.second(id, number, by=by, at=now)


@routes.post("/{id}/installments/{number}/decline", response_model=StipendView)
async def decline_installment(
    id: StipendId, number: Number, command: DeclineInstallment, data: Data, by: By, now: Now
) -> Stipend:
    return await data.decline(id, number, command.reason, by=by, at=now)


@routes.post("/{id}/installments/{number}/hold", response_model=StipendView, dependencies=[KeyRequired])
async def hold_installment(
    id: StipendId, number: Number, command: HoldInstallment, data: Data, by: Finance, now: Now
) -> Stipend:
    """Until it is released it is neither asked for, nor approved, nor sent to the payment provider."""
    return await data.hold(id, number, command.reason, by=by, at=now)


@routes.post(
    "/{id}/installments/{number}/release", response_model=StipendView, dependencies=[SECOND_FACTOR, KeyRequired]
)
async def release_installment(id: StipendId, number: Number, data: Data, by: Finance, now: Now) -> Stipend:
    """It goes on from where it was held."""
    return await data.release(id, number, by=by, at=now)
