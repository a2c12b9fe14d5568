"""What happened with an application, told in words."""

from typing import Final

from contracts.ids import ActorId
from contracts.time import Instant
from services.applications.dependencies import ApplicationPath, Data
from services.applications.domain.history import Entry
from services.chassis.http import By, Now, View, router
from services.chassis.paging import Page

routes: Final = router("/v1/applications", "applications")


class EntryView(View):
    at: Instant
    by: ActorId | None
    who: str
    what: str


@routes.get("/{id}/history", response_model=Page[EntryView])
async def read_history(id: ApplicationPath, data: Data, by: By, now: Now) -> Page[Entry]:
    return Page(items=await data.history_for(by, id, now), next_cursor=None)
