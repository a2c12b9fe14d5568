"""Reviews: what a project's people think of an application; never shown to whoever applied."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from contracts.ids import ActorId, ApplicationId
from contracts.time import Instant
from services.applications.dependencies import ApplicationPath, Data
from services.applications.domain.review import Review
from services.chassis.http import Body, By, Now, View, router
from services.chassis.paging import Page
from services.chassis.said import Whole, YesOrNo
from services.chassis.text import Prose

routes: Final = router("/v1/applications", "applications")


class ReviewApplication(Body):
    """A rating, or a conflict of interest; what was declared stays."""

    rating: Annotated[Whole, Field(ge=1, le=5)] | None = None
    note: Prose = ""
    conflict_of_interest: YesOrNo = False

    @model_validator(mode="after")
    def says_one_of_both(self) -> Self:
        if (self.rating is None) is not self.conflict_of_interest:
            raise ValueError("Give a rating from 1 to 5, or declare a conflict of interest, not both.")
        return self


class ReviewView(View):
    application_id: ApplicationId
    reviewer_id: ActorId
    rating: int | None
    note: str
    conflict_of_interest: bool
    given_at: Instant
    version: int


@routes.put("/{id}/review", response_model=ReviewView)
async def review_application(id: ApplicationPath, command: ReviewApplication, data: Data, by: By, now: Now) -> Review:
    return await data.review(id, **dict(command), by=by, at=now)


@routes.get("/{id}/reviews", response_model=Page[ReviewView])
async def list_reviews(id: ApplicationPath, data: Data, by: By) -> Page[Review]:
    return Page(items=await data.reviews_for(by, id), next_cursor=None)
