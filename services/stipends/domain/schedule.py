"""A stipend schedule: which amount a mentee gets by the country they live in; published or computed, never changed."""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from contracts.money import Country, Money
from contracts.stipends import StipendScheduleIssued
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound, RuleBroken
from services.stipends.domain.ledger import NOTHING

MOST_ROWS = 300
"""More than there are countries."""
HIGHEST_RATIO = Decimal(10)
_country: TypeAdapter[str] = TypeAdapter(Country)


class ScheduleUnknown(NotFound):
    """There is no schedule of this version."""


class ScheduleUnreadable(RuleBroken):
    """A line of the table says something else than a country and its figure."""


class ScheduleOutOfBounds(RuleBroken):
    """An amount, or a bound, is not where it belongs."""


class ScheduleInThePast(RuleBroken):
    """What mentees were promised is not changed afterwards."""


class VersionTaken(Conflict):
    """A schedule of this version was issued before; it never changes."""


class ScheduledAmount(BaseModel):
    """One row: a country and what is paid there."""

    model_config = ConfigDict(frozen=True)

    country: Country
    name: str
    amount: Money


class Bounds(BaseModel):
    """What every amount of a schedule is held to."""

    model_config = ConfigDict(frozen=True)

    base: Money
    minimum: Money
    maximum: Money

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.minimum > NOTHING or self.base < self.minimum or self.maximum < self.base:
            raise ValueError("It must be: nothing < minimum ≤ base ≤ maximum.")
        return self

    def computed(self, ratio: Decimal, step: Money) -> Money:
        """Reckon base times ratio, rounded to the nearest step (half a step up), within minimum and maximum (LFX)."""
        exact = self.base.amount_minor * ratio / step.amount_minor
        rounded = int(exact.to_integral_value(ROUND_HALF_UP)) * step.amount_minor
        kept = min(max(rounded, self.minimum.amount_minor), self.maximum.amount_minor)
        return self.base.model_copy(update={"amount_minor": kept})


class Schedule(Bounds):
    """A version of the table, in force from a day on; a country without a row has no amount."""

    version: str
    title: str
    effective_from: date
    step: Money | None = None
    """Of a computed one: what amounts were rounded to."""
    rows: Mapping[Country, ScheduledAmount]

    @model_validator(mode="after")
    def _within_its_bounds(self) -> Self:
        for row in self.rows.values():
            if row.amount < self.minimum or self.maximum < row.amount:
                raise ValueError(f"{row.country}: {row.amount} is not from {self.minimum} to {self.maximum}.")
        return self

    @property
    def countries(self) -> int:
        return len(self.rows)

    def row_of(self, country: Country) -> ScheduledAmount | None:
        return self.rows.get(country)


class AmountChange(BaseModel):
    """What a schedule changes for one country; no amount on the side that has no row."""

    model_config = ConfigDict(frozen=True)

    country: Country
    name: str
    before: Money | None
    after: Money | None

    @property
    def difference(self) -> Money | None:
        return None if self.before is None or self.after is None else self.after - self.before


class IssuedSchedule(Aggregate):
    """A schedule as staff issued it; the id is its version."""

    schedule: Schedule
    effective_from: date


def issue(schedule: Schedule, *, by: Actor, at: datetime) -> Change[IssuedSchedule]:
    """Put a schedule in force from its day on. Raises `ScheduleInThePast`."""
    if schedule.effective_from < at.date():
        raise ScheduleInThePast(
            f"{schedule.effective_from} has passed: mentees accepted since then have other amounts. Choose a later day."
        )
    issued = IssuedSchedule(id=schedule.version, schedule=schedule, effective_from=schedule.effective_from)
    return issued.tell(StipendScheduleIssued, by=by, at=at, countries=schedule.countries)


def in_force(schedules: Mapping[str, Schedule], on: date) -> Schedule | None:
    """Give the schedule that a day falls under: the one that came into force last."""
    begun = (one for one in schedules.values() if one.effective_from <= on)
    return max(begun, key=lambda one: (one.effective_from, one.version), default=None)


def predecessor(schedules: Mapping[str, Schedule], schedule: Schedule) -> Schedule | None:
    """Give the one that it took, or takes, over from."""
    others = {version: one for version, one in schedules.items() if version != schedule.version}
    return in_force(others, schedule.effective_from)


def compare(before: Schedule | None, after: Schedule) -> tuple[AmountChange, ...]:
    """List the countries whose amount differs, by code."""
    old = before.rows if before else {}
    changes = []
    for code in sorted({*old, *after.rows}):
        was, becomes = old.get(code), after.rows.get(code)
        if (was and was.amount) != (becomes and becomes.amount):
            name = becomes.name if becomes else old[code].name
            amounts = {"before": was and was.amount, "after": becomes and becomes.amount}
            changes.append(AmountChange(country=code, name=name, **amounts))
    return tuple(changes)


def of_table(text: str, bounds: Bounds) -> Mapping[Country, ScheduledAmount]:
    """Read CSV with the columns country_code, country, amount_usd (whole dollars). Raises `ScheduleUnreadable`."""
    rows = {}
    for place, code, name, figure in _lines(text, "amount_usd"):
        if not (figure.isascii() and figure.isdecimal() and len(figure) < 10):
            raise ScheduleUnreadable(f"{place}: {figure!r} is not a number of whole dollars.")
        amount = bounds.base.model_copy(update={"amount_minor": int(figure) * 100})
        if amount < bounds.minimum or bounds.maximum < amount:
            raise ScheduleOutOfBounds(f"{place}: {amount} is not from {bounds.minimum} to {bounds.maximum}.")
        rows[code] = ScheduledAmount(country=code, name=name, amount=amount)
    return rows


def of_ratios(text: str, bounds: Bounds, step: Money) -> Mapping[Country, ScheduledAmount]:
    """Read CSV with the columns country_code, country, price_level_ratio, and compute the amounts.

    Raises `ScheduleUnreadable`.
    """
    if step.amount_minor < 1:
        raise ScheduleOutOfBounds("The step that amounts are rounded to must be more than nothing.")
    rows = {}
    for place, code, name, figure in _lines(text, "price_level_ratio"):
        rows[code] = ScheduledAmount(country=code, name=name, amount=bounds.computed(_ratio(figure, place), step))
    return rows


def _ratio(figure: str, place: str) -> Decimal:
    try:
        ratio = Decimal(figure)
    except InvalidOperation:
        raise ScheduleUnreadable(f"{place}: {figure!r} is not a ratio such as 0.85.") from None
    if not (ratio.is_finite() and 0 < ratio <= HIGHEST_RATIO):
        raise ScheduleUnreadable(f"{place}: a ratio is more than 0 and at most {HIGHEST_RATIO}, not {figure}.")
    return ratio


def _lines(text: str, figure: str) -> Iterator[tuple[str, Country, str, str]]:
    """Give place, country, its name and the figure of each line."""
    columns = ("country_code", "country", figure)
    lines = csv.DictReader(text.splitlines())
    if tuple(lines.fieldnames or ()) != columns:
        raise ScheduleUnreadable(f"The first line must be {','.join(columns)}.")
    seen: set[Country] = set()
    for line in lines:
        place = f"Line {lines.line_num}"
        code, name, value = (line[column] for column in columns)
        if None in line or name is None or value is None or not 0 < len(name.strip()) <= 100:
            raise ScheduleUnreadable(f"{place}: it must have a country's code, its name and its figure.")
        yield place, _new(code, seen, place), name.strip(), value.strip()
    if not 0 < len(seen) <= MOST_ROWS:
        raise ScheduleUnreadable(f"A schedule has 1 to {MOST_ROWS} countries, not {len(seen)}.")


def _new(code: str, seen: set[Country], place: str) -> Country:
    try:
        country = _country.validate_python(code)
    except ValidationError:
        raise ScheduleUnreadable(f"{place}: {code!r} is not a country's code of two letters such as DE.") from None
    if country in seen:
        raise ScheduleUnreadable(f"{place}: {country} has two rows.")
    seen.add(country)
    return country
