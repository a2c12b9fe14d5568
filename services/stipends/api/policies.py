"""How a project pays."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from contracts.applications import Milestone
from contracts.ids import ProjectId
from contracts.money import Country, Money
from contracts.stipends import PolicyKind
from services.chassis.http import DONE_AGAIN, Body, By, Now, View, router
from services.chassis.said import YesOrNo
from services.chassis.text import Line
from services.stipends.api.data import Data
from services.stipends.domain.policy import HALVES, MOST_INSTALLMENTS, Offer, Share, StipendPolicy, Terms
from services.stipends.domain.stipend import installments_of

routes = router("/v1/stipend-policies", "stipend policies")


class SetStipendPolicy(Body):
    """Fixed needs an amount; by country may name the version of a schedule; none has neither."""

    kind: PolicyKind
    amount: Money | None = None
    schedule: Line | None = None
    installments: Annotated[tuple[Share, ...], Field(min_length=1, max_length=MOST_INSTALLMENTS)] = HALVES
    pro_rata: YesOrNo = False


class WhatIf(SetStipendPolicy):
    country: Country


class StipendPolicyView(View):
    project_id: ProjectId = Field(validation_alias="id")
    kind: PolicyKind
    amount: Money | None
    schedule: str | None
    installments: Sequence[Share]
    pro_rata: bool
    version: int


class SharePreview(View):
    number: int
    milestone: Milestone
    percent: int
    amount: Money


class StipendPreview(View):
    """What a stipend made now would be; without an amount where the project pays none, or staff must decide."""

    country: Country
    pays: bool
    amount: Money | None
    schedule: str | None
    explanation: str
    installments: Sequence[SharePreview]


@routes.put("/{project_id}", response_model=StipendPolicyView)
async def set_policy(project_id: ProjectId, command: SetStipendPolicy, data: Data, by: By, now: Now) -> StipendPolicy:
    return await data.set_policy(project_id, Terms(**dict(command)), by=by, at=now)


@routes.get("/{project_id}", response_model=StipendPolicyView)
async def read_policy(project_id: ProjectId, data: Data, by: By) -> StipendPolicy:
    await data.project_open_to(by, project_id)
    return await data.policies.get(project_id)


@routes.get("/{project_id}/preview", response_model=StipendPreview)
async def preview_stipend(
    project_id: ProjectId, country: Annotated[Country, Query()], data: Data, by: By, now: Now
) -> Mapping[str, Any]:
    """What if a mentee lived there: the amount, its installments, and why; nothing is kept."""
    return _previewed(await data.preview(by, project_id, country, now.date()), country)


@routes.post("/{project_id}/preview", response_model=StipendPreview, dependencies=[DONE_AGAIN])
async def preview_policy(project_id: ProjectId, command: WhatIf, data: Data, by: By, now: Now) -> Mapping[str, Any]:
    """What if this were the project's policy and a mentee lived there; nothing is kept."""
    terms = Terms(**command.model_dump(exclude={"country"}))
    return _previewed(await data.preview(by, project_id, command.country, now.date(), terms), command.country)


def _previewed(offer: Offer, country: Country) -> Mapping[str, Any]:
    return {**dict(offer), "country": country, "installments": installments_of(offer)}
