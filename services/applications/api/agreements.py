"""The participation agreement that a mentee signs, for everybody to read."""

from typing import Final

from fastapi import Depends

from contracts.time import Instant
from services.applications.dependencies import Data
from services.chassis.http import Now, View, anyone, router
from services.chassis.paging import Page
from services.chassis.versioned import in_force

routes: Final = router("/v1/applications/agreements", "applications")


class AgreementTextView(View):
    version: str
    effective_from: Instant
    in_force: bool
    """Whether it is the one that is signed now."""
    text: str
    """Markdown."""


@routes.get("", response_model=Page[AgreementTextView], dependencies=[Depends(anyone)])
async def list_agreements(data: Data, now: Now) -> Page[AgreementTextView]:
    """Show every version, the newest first: also the one that a mentee signed long ago."""
    current = in_force(data.agreements, now)
    views = [AgreementTextView(in_force=text is current, **text.model_dump()) for text in reversed(data.agreements)]
    return Page(items=views, next_cursor=None)
