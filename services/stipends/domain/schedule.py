"""A stipend schedule: which amount a mentee gets by the country they live in."""

import csv
from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from contracts.money import Country, Money
from services.chassis.domain import NotFound


class ScheduleUnknown(NotFound):
    """There is no schedule of this version."""


class ScheduledAmount(BaseModel):
    """One row: a country and what is paid there."""

    model_config = ConfigDict(frozen=True)

    country: Country
    name: str
    amount: Money


class Schedule(BaseModel):
    """A version of the table, in force from a day on; a country without a row has no amount."""

    model_config = ConfigDict(frozen=True)

    version: str
    title: str
    effective_from: date
    base: Money
    minimum: Money
    maximum: Money
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


def rows_of(text: str) -> Mapping[Country, ScheduledAmount]:
    """Read CSV with the columns country_code, country, amount_usd (whole dollars). Raises `ValueError`."""
    rows: dict[Country, ScheduledAmount] = {}
    for line in csv.DictReader(text.splitlines()):
        code = line["country_code"]
        if code in rows:
            raise ValueError(f"{code} has two rows.")
        amount = Money(amount_minor=int(line["amount_usd"]) * 100)
        rows[code] = ScheduledAmount(country=code, name=line["country"], amount=amount)
    return rows
