"""The terms and conditions that a project is submitted under, for everybody to read."""

from fastapi import Depends

from contracts.time import Instant
from services.chassis.http import Now, View, anyone, router
from services.chassis.paging import Page
from services.chassis.versioned import in_force
from services.projects.api.data import Data

routes = router("/v1/projects/terms-and-conditions", "projects")


class ConditionsView(View):
    version: str
    effective_from: Instant
    in_force: bool
    """Whether it is the one that is accepted now."""
    text: str
    """Markdown."""


@routes.get("", response_model=Page[ConditionsView], dependencies=[Depends(anyone)])
async def list_conditions(data: Data, now: Now) -> Page[ConditionsView]:
    """Show every version, the newest first: also the one that a project was submitted under long ago."""
    current = in_force(data.conditions, now)
    views = [
        ConditionsView(in_force=conditions is current, **conditions.model_dump())
        for conditions in reversed(data.conditions)
    ]
    return Page(items=views, next_cursor=None)
