"""A project's money: deposits, balances, and every posting they come from."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from contracts.ids import ActorId, PostingId, ProjectId, TermId
from contracts.money import Money
from contracts.time import Instant
from services.chassis.documents import a_file
from services.chassis.http import Body, By, KeyRequired, NewId, Now, View, router
from services.chassis.paging import Page, Paging
from services.chassis.said import Moment
from services.chassis.text import Line
from services.stipends.api.books import csv_of, journal_of, streamed
from services.stipends.api.data import FINANCE_ONLY, SECOND_FACTOR, Data, Finance
from services.stipends.domain.forecast import Forecast
from services.stipends.domain.ledger import Account, Budget, Cause, Entry, deposit, refund
from services.stipends.domain.statement import Statement

routes = router("/v1/budgets", "budgets")


class DepositMoney(Body):
    amount: Money
    reference: Line
    """How finance finds it again at the bank."""
    sponsor: Line | None = None


class RefundMoney(DepositMoney):
    """What nothing is reserved of can go back."""


class BudgetView(View):
    """The balances, and the sum over all of them, which is zero."""

    project_id: ProjectId = Field(validation_alias="id")
    balances: Mapping[Account, Money]
    sum: Money
    version: int


class MonthView(View):
    """What can fall due in a month at the earliest; without one: what hangs on no planned evaluation yet."""

    month: date | None
    installments: int
    amount: Money


class TermTotalsView(View):
    """What the stipends of a term come to; paid, canceled and outstanding make up what was committed."""

    term_id: TermId | None
    stipends: int
    committed: Money
    reserved: Money
    missing: Money
    paid: Money
    canceled: Money
    outstanding: Money


class ForecastView(View):
    months: Sequence[MonthView]
    terms: Sequence[TermTotalsView]
    available: Money
    missing: Money
    shortfall: Money
    warnings: Sequence[str]


class MovementView(View):
    cause: Cause
    account: Account
    amount: Money
    postings: int


class StatementView(View):
    opening: Mapping[Account, Money]
    movements: Sequence[MovementView]
    closing: Mapping[Account, Money]
    sum: Money


class PostingView(View):
    id: PostingId
    number: int
    cause: Cause
    reference: str
    sponsor: str | None = None
    entries: Sequence[Entry]
    by: ActorId
    at: Instant


@routes.post(
    "/{project_id}/deposits", response_model=BudgetView, status_code=201, dependencies=[SECOND_FACTOR, KeyRequired]
)
async def deposit_money(
    project_id: ProjectId, command: DepositMoney, data: Data, by: Finance, now: Now, id: NewId
) -> Budget:
    return await data.fund(deposit(id, project_id, **dict(command), by=by, at=now))


@routes.post(
    "/{project_id}/refunds", response_model=BudgetView, status_code=201, dependencies=[SECOND_FACTOR, KeyRequired]
)
async def refund_money(
    project_id: ProjectId, command: RefundMoney, data: Data, by: Finance, now: Now, id: NewId
) -> Budget:
    return await data.fund(refund(id, project_id, **dict(command), by=by, at=now))


@routes.get("/{project_id}/forecast", response_model=ForecastView)
async def read_forecast(project_id: ProjectId, data: Data, by: By, now: Now) -> Forecast:
    """What falls due when at the earliest, term by term, and what money is missing for it."""
    await data.project_open_to(by, project_id)
    return await data.forecast(project_id, now)


@routes.get("/{project_id}/statement", response_model=StatementView)
async def read_statement(
    project_id: ProjectId,
    data: Data,
    by: By,
    since: Annotated[Moment | None, Query(description="From this instant on")] = None,
    until: Annotated[Moment | None, Query(description="Before this instant")] = None,
    term_id: Annotated[TermId | None, Query(description="Only what was booked for the stipends of this term")] = None,
) -> Statement:
    """The trial balance at both ends, and what moved in between by cause; reckoned from the postings alone."""
    await data.project_open_to(by, project_id)
    return await data.statement(project_id, since, until, term_id)


@routes.get("/{project_id}", response_model=BudgetView)
async def read_budget(project_id: ProjectId, data: Data, by: By) -> Budget:
    await data.project_open_to(by, project_id)
    return await data.budgets.of(project_id)


@routes.get("/{project_id}/entries", response_model=Page[PostingView])
async def list_entries(project_id: ProjectId, data: Data, by: By, paging: Paging) -> Page[Mapping[str, Any]]:
    await data.project_open_to(by, project_id)
    return await data.postings.page_of(project_id, paging)


@routes.get(
    "/{project_id}/entries.csv",
    response_model=None,
    response_class=StreamingResponse,
    responses=a_file("text/csv"),
    dependencies=[FINANCE_ONLY],
)
async def export_entries(project_id: ProjectId, data: Data, by: By) -> StreamingResponse:
    """One line an entry, the oldest first; text that a spreadsheet would reckon with begins with an apostrophe."""
    await data.project_open_to(by, project_id)
    return streamed(csv_of(data.postings.each_of(project_id)), "text/csv", f"{project_id}.csv")


@routes.get(
    "/{project_id}/entries.journal",
    response_model=None,
    response_class=StreamingResponse,
    responses=a_file("text/plain"),
    dependencies=[FINANCE_ONLY],
)
async def export_journal(project_id: ProjectId, data: Data, by: By) -> StreamingResponse:
    """Plain-text accounting, the oldest first."""
    await data.project_open_to(by, project_id)
    return streamed(journal_of(data.postings.each_of(project_id)), "text/plain", f"{project_id}.journal")
