"""The people of a project: shown, leaving, removed."""

from typing import Annotated

from fastapi import Query

from contracts.ids import AccountId
from contracts.projects import MemberRole
from services.chassis.http import By, Now, Reader, View, router
from services.chassis.paging import Page
from services.projects.api.data import Data, Id
from services.projects.store.membership import Member

routes = router("/v1/projects", "members")


class MemberView(View):
    id: AccountId
    name: str
    role: MemberRole


@routes.get("/{id}/members", response_model=Page[MemberView])
async def list_members(id: Id, data: Data, reader: Reader) -> Page[Member]:
    project = await data.projects.visible_to(reader, id)
    return Page(items=await data.members(project, reader), next_cursor=None)


@routes.delete("/{id}/members/{account_id}", status_code=204)
async def remove_member(
    id: Id,
    account_id: AccountId,
    data: Data,
    by: By,
    now: Now,
    replaced_by: Annotated[
        AccountId | None, Query(max_length=100, description="The member who takes over the open evaluations")
    ] = None,
) -> None:
    await data.remove_member(id, account_id, replaced_by, by=by, at=now)
