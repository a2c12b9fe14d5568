"""How a project pays: not at all, everybody the same, or by the country they live in; and in which installments."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.applications import Milestone
from contracts.ids import ProjectId
from contracts.money import Country, Money
from contracts.stipends import PolicyKind, StipendPolicySet
from services.chassis.domain import Actor, Aggregate, Change, NotFound, RuleBroken
from services.stipends.domain.ledger import must_be_payable
from services.stipends.domain.project import KnownProject
from services.stipends.domain.schedule import Schedule, in_force


class PolicyUnknown(NotFound):
    """The project has no stipend policy yet."""


class PolicyIncomplete(RuleBroken):
    """A policy names what its kind needs, and nothing else."""


class InstallmentsUneven(RuleBroken):
    """The installments do not make up the whole stipend."""


class Share(BaseModel):
    """One installment of every stipend of the project: its part of the whole, and what it hangs on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    milestone: Milestone
    percent: int = Field(ge=1, le=100, strict=True)


HALVES: Final = (Share(milestone=Milestone.MIDTERM, percent=50), Share(milestone=Milestone.FINAL, percent=50))
MOST_INSTALLMENTS: Final = 6


class Terms(BaseModel):
    """What an administrator can decide about."""

    model_config = ConfigDict(frozen=True)

    kind: PolicyKind
    amount: Money | None = None
    schedule: str | None = None
    """Of a policy by country: this version for ever or, where none is named, the one in force at the acceptance."""
    installments: tuple[Share, ...] = HALVES
    pro_rata: bool = False
    """Who leaves early is still due the weeks completed."""

    @property
    def percentages(self) -> tuple[int, ...]:
        return tuple(share.percent for share in self.installments)


class StipendPolicy(Aggregate, Terms):
    """A project's terms; the id is the project's."""

    id: ProjectId
    kind: PolicyKind = PolicyKind.NONE


class Offer(BaseModel):
    """What a policy gives to a mentee in a country; no amount where staff must decide."""

    model_config = ConfigDict(frozen=True)

    pays: bool
    amount: Money | None = None
    schedule: str | None = None
    explanation: str
    installments: tuple[Share, ...] = ()
    pro_rata: bool = False

    @model_validator(mode="after")
    def _nothing_for_nothing(self) -> Self:
        if self.amount is not None and not self.pays:
            raise ValueError("An offer with an amount pays.")
        return self


def set_policy(
    policy: StipendPolicy,
    terms: Terms,
    *,
    project: KnownProject,
    schedules: Mapping[str, Schedule],
    by: Actor,
    at: datetime,
) -> Change[StipendPolicy]:
    """Decide how the project pays from now on; stipends that have their amount keep it."""
    project.must_be_administered_by(by)
    must_be_sound(terms, schedules)
    return policy.evolve(**dict(terms)).tell(StipendPolicySet, by=by, at=at)


def offer(terms: Terms | None, schedules: Mapping[str, Schedule], country: Country, on: date) -> Offer:
    """Say what a mentee in this country, accepted on this day, is due, and why."""
    if terms is None or terms.kind is PolicyKind.NONE:
        return Offer(pays=False, explanation="This project pays no stipends.")
    paid = partial(Offer, pays=True, installments=terms.installments, pro_rata=terms.pro_rata)
    if terms.kind is PolicyKind.FIXED:
        return paid(amount=terms.amount, explanation=f"This project pays every mentee {terms.amount}.")
    schedule = schedules[terms.schedule] if terms.schedule else in_force(schedules, on)
    if schedule is None:
        return paid(explanation=f"No schedule was in force on {on}; staff decide.")
    row = schedule.row_of(country)
    if row is None:
        why = f"The schedule {schedule.version} has no amount for {country}; staff decide."
    else:
        why = f"The schedule {schedule.version} has {row.amount} for residents of {row.name} ({country})."
    return paid(amount=row.amount if row else None, schedule=schedule.version, explanation=why)


def must_be_sound(terms: Terms, schedules: Mapping[str, Schedule]) -> None:
    """Refuse terms that miss something or do not add up. Raises `PolicyIncomplete`, `InstallmentsUneven`."""
    _must_be_complete(terms, schedules)
    _must_be_whole(terms)


def _must_be_complete(terms: Terms, schedules: Mapping[str, Schedule]) -> None:
    if (terms.kind is PolicyKind.FIXED) != (terms.amount is not None):
        raise PolicyIncomplete("A fixed policy needs an amount; the other kinds have none.")
    if terms.schedule is not None and terms.kind is not PolicyKind.BY_COUNTRY:
        raise PolicyIncomplete("Only a policy by country names the version of a schedule.")
    if terms.schedule is not None and terms.schedule not in schedules:
        raise PolicyIncomplete(f"There is no schedule {terms.schedule!r}; there are: {', '.join(sorted(schedules))}.")
    if terms.amount is not None:
        must_be_payable(terms.amount)


def _must_be_whole(terms: Terms) -> None:
    if not 1 <= len(terms.installments) <= MOST_INSTALLMENTS:
        raise InstallmentsUneven(f"A stipend has 1 to {MOST_INSTALLMENTS} installments.")
    if (total := sum(terms.percentages)) != 100:
        raise InstallmentsUneven(f"The installments must sum to 100 percent; these sum to {total}.")
    if terms.amount is not None and any(share.amount_minor < 1 for share in terms.amount.shares(terms.percentages)):
        raise InstallmentsUneven(f"{terms.amount} is too little for these installments: one would be nothing.")
