"""The published stipend schedules, open to everybody."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from contracts.money import Country, Money
from services.chassis.http import View, anyone, router
from services.chassis.paging import Page, PageRequest, Paging
from services.stipends.api.data import Data
from services.stipends.domain.schedule import Schedule, ScheduledAmount, ScheduleUnknown

T = TypeVar("T")

routes = router("/v1/stipend-schedules", "stipend schedules")


class ScheduleView(View):
    version: str
    title: str
    effective_from: date
    base: Money
    minimum: Money
    maximum: Money
    countries: int


class ScheduledAmountView(View):
    country: Country
    name: str
    amount: Money


@routes.get("", response_model=Page[ScheduleView], dependencies=[Depends(anyone)])
async def list_schedules(data: Data, paging: Paging) -> Page[Schedule]:
    return _page(sorted(data.schedules.items()), paging)


@routes.get("/{version}/amounts", response_model=Page[ScheduledAmountView], dependencies=[Depends(anyone)])
async def list_amounts(
    version: str, data: Data, paging: Paging, country: Annotated[Country | None, Query()] = None
) -> Page[ScheduledAmount]:
    """A country that is not listed has no amount: staff decide."""
    schedule = data.schedules.get(version)
    if schedule is None:
        raise ScheduleUnknown(f"There is no stipend schedule {version!r}.")
    rows = ((code, row) for code, row in sorted(schedule.rows.items()) if country in {None, code})
    return _page(list(rows), paging)


def _page(rows: Sequence[tuple[str, T]], request: PageRequest) -> Page[T]:
    """One page, in the order of the keys."""
    rest = [(key, row) for key, row in rows if request.before is None or key > request.before]
    shown = rest[: request.limit]
    more = PageRequest.cursor_at(shown[-1][0]) if len(rest) > len(shown) else None
    return Page(items=[row for _, row in shown], next_cursor=more)
