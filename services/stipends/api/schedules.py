"""The stipend schedules: open to everybody, issued by staff."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, TypeVar

from fastapi import Depends, Query
from pydantic import Field

from contracts.money import Country, Money
from services.chassis.http import Body, Now, View, anyone, router
from services.chassis.paging import Page, PageRequest, Paging
from services.chassis.said import Day, YesOrNo
from services.chassis.text import Line
from services.stipends.api.data import Data, Staff
from services.stipends.domain.schedule import (
    AmountChange,
    Bounds,
    Schedule,
    ScheduledAmount,
    of_ratios,
    of_table,
)
from services.stipends.store.offering import Issued

T = TypeVar("T")

routes = router("/v1/stipend-schedules", "stipend schedules")


class IssueSchedule(Body, Bounds):
    """A table of amounts or, with a step, of price-level ratios that amounts are computed from.

    `csv` has the columns country_code, country and amount_usd (whole dollars) or price_level_ratio.
    """

    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]
    title: Line
    effective_from: Day
    step: Money | None = None
    csv: Annotated[str, Field(max_length=100_000)]
    dry_run: YesOrNo = False

    def rows(self) -> Mapping[Country, ScheduledAmount]:
        return of_table(self.csv, self) if self.step is None else of_ratios(self.csv, self, self.step)


class ScheduleView(View):
    version: str
    title: str
    effective_from: date
    base: Money
    minimum: Money
    maximum: Money
    step: Money | None
    countries: int


class AmountChangeView(View):
    """A country whose amount differs; without an amount on the side that has none."""

    country: Country
    name: str
    before: Money | None
    after: Money | None
    difference: Money | None


class IssuedScheduleView(View):
    schedule: ScheduleView
    changes: Sequence[AmountChangeView]
    """Against the version it takes over from."""
    issued: bool
    """False of a dry run."""


class ScheduledAmountView(View):
    country: Country
    name: str
    amount: Money


@routes.get("", response_model=Page[ScheduleView], dependencies=[Depends(anyone)])
async def list_schedules(data: Data, paging: Paging) -> Page[Schedule]:
    return _page(sorted((await data.schedules.all()).items()), paging)


@routes.post("", response_model=IssuedScheduleView, status_code=201)
async def issue_schedule(command: IssueSchedule, data: Data, by: Staff, now: Now) -> Issued:
    """Put it in force, and tell what it changes; with `dry_run` only tell. It never changes afterwards."""
    schedule = Schedule(rows=command.rows(), **command.model_dump(exclude={"csv", "dry_run"}))
    return await data.issue_schedule(schedule, dry_run=command.dry_run, by=by, at=now)


@routes.get("/{version}/changes", response_model=Page[AmountChangeView], dependencies=[Depends(anyone)])
async def list_changes(
    version: str, data: Data, paging: Paging, since: Annotated[str | None, Query()] = None
) -> Page[AmountChange]:
    """What it changes against another version or, unless one is named, against the one that it took over from."""
    changes = await data.schedule_changes(version, since)
    return _page([(change.country, change) for change in changes], paging)


@routes.get("/{version}/amounts", response_model=Page[ScheduledAmountView], dependencies=[Depends(anyone)])
async def list_amounts(
    version: str, data: Data, paging: Paging, country: Annotated[Country | None, Query()] = None
) -> Page[ScheduledAmount]:
    """A country that is not listed has no amount: staff decide."""
    rows = (await data.schedules.get(version)).rows
    return _page([(code, row) for code, row in sorted(rows.items()) if country in {None, code}], paging)


def _page(rows: Sequence[tuple[str, T]], request: PageRequest) -> Page[T]:
    """One page, in the order of the keys."""
    rest = [(key, row) for key, row in rows if request.before is None or key > request.before]
    shown = rest[: request.limit]
    more = PageRequest.cursor_at(shown[-1][0]) if len(rest) > len(shown) else None
    return Page(items=[row for _, row in shown], next_cursor=more)
