"""The commands about reviews, and what applications were written alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.ids import ApplicationId
from services.applications.domain import review
from services.applications.domain.application import Application
from services.applications.domain.review import Review, review_id
from services.applications.store.kept import Kept
from services.applications.store.likenesses import Likeness
from services.chassis.domain import Actor


class Reviews(Kept):
    async def review(
        self,
        id: ApplicationId,
        *,
        rating: int | None,
        note: str,
        conflict_of_interest: bool,
        by: Actor,
        at: datetime,
    ) -> Review:
        async def work() -> Review:
            application, project = await self.around(id)
            said: dict[str, Any] = {"rating": rating, "note": note, "conflict_of_interest": conflict_of_interest}
            before = await self.reviews.find_one({"_id": review_id(id, by)})
            if before is None:
                return await self.reviews.add(review.give(None, application, project, **said, by=by, at=at))
            return await self.reviews.change(before.id, review.give, application, project, **said, by=by, at=at)

        return await self._store.transaction(work)

    async def reviews_for(self, reader: Actor, id: ApplicationId) -> Sequence[Review]:
        application, project = await self.around(id)
        return review.shown(await self.reviews.find({"application_id": id}), application, project, reader=reader)

    async def likenesses_for(
        self, reader: Actor, listed: Sequence[Application]
    ) -> Mapping[ApplicationId, Sequence[Likeness]]:
        """Give those of the applications that the reader reviews, and nothing of their own."""
        return await self.likenesses.of([each.id for each in listed if each.mentee_id != reader.id])
