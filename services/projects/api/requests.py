"""Requests to mentor: made by a person, answered by an administrator."""

from collections.abc import Sequence

from contracts.ids import AccountId, MentorRequestId, ProjectId
from contracts.projects import RequestStatus
from contracts.time import Instant
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.paging import Page, Paging
from services.chassis.text import Prose
from services.projects.api.data import Data, Id
from services.projects.domain.request import MentorRequest

routes = router("/v1/projects", "mentor requests")


class AskToMentor(Body):
    message: Prose = ""


class DeclineRequest(Body):
    message: Prose = ""


class RequestView(View):
    id: MentorRequestId
    project_id: ProjectId
    account_id: AccountId
    status: RequestStatus
    message: str
    asked_at: Instant
    answered_at: Instant | None
    answer: str
    version: int


class NamedRequestView(RequestView):
    """Also by name, for whoever decides."""

    name: str | None


@routes.post("/{id}/mentor-requests", response_model=RequestView, status_code=201)
async def ask_to_mentor(
    id: Id, data: Data, by: By, now: Now, request_id: NewId, command: AskToMentor | None = None
) -> MentorRequest:
    message = command.message if command else ""
    return await data.ask_to_mentor(MentorRequestId(request_id), id, message, by=by, at=now)


@routes.get("/{id}/mentor-requests", response_model=Page[NamedRequestView])
async def list_requests(id: Id, data: Data, by: By, paging: Paging) -> Page[NamedRequestView]:
    page = await data.requests.shown_to(by, await data.projects.get(id), paging)
    return Page(items=_named(page.items, await data.names_of(page.items)), next_cursor=page.next_cursor)


@routes.post("/{id}/mentor-requests/{request_id}/approve", response_model=RequestView)
async def approve_request(id: Id, request_id: MentorRequestId, data: Data, by: By, now: Now) -> MentorRequest:
    return await data.approve_request(id, request_id, by=by, at=now)


@routes.post("/{id}/mentor-requests/{request_id}/decline", response_model=RequestView)
async def decline_request(
    id: Id, request_id: MentorRequestId, data: Data, by: By, now: Now, command: DeclineRequest | None = None
) -> MentorRequest:
    return await data.decline_request(id, request_id, command.message if command else "", by=by, at=now)


@routes.post("/{id}/mentor-requests/{request_id}/withdraw", response_model=RequestView)
async def withdraw_request(id: Id, request_id: MentorRequestId, data: Data, by: By, now: Now) -> MentorRequest:
    return await data.withdraw_request(id, request_id, by=by, at=now)


def _named(asked: Sequence[MentorRequest], names: dict[AccountId, str]) -> list[NamedRequestView]:
    return [
        NamedRequestView.model_validate({**request.model_dump(), "name": names.get(request.account_id)})
        for request in asked
    ]
