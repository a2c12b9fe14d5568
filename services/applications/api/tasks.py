"""A route for each decision about tasks."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from contracts.applications import TaskKind, TaskStatus
from contracts.ids import AccountId, ApplicationId, TaskId
from contracts.time import Instant
from services.applications.api.data import ApplicationPath, Data, TaskPath
from services.applications.domain import task as domain
from services.applications.domain.task import Task
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.paging import Page
from services.chassis.text import Line, Prose, WebAddress

routes: Final = router("/v1", "tasks")


class GiveTask(Body):
    name: Line
    description: Prose
    due_on: date | None = None


class SubmitTask(Body):
    """A text, links, or both."""

    text: Prose = ""
    links: Annotated[tuple[WebAddress, ...], Field(max_length=20)] = ()


class ReturnTask(Body):
    comment: Prose


class SubmissionView(View):
    text: str
    links: Sequence[str]
    at: Instant


class TaskView(View):
    id: TaskId
    application_id: ApplicationId
    mentee_id: AccountId
    kind: TaskKind
    name: str
    description: str
    due_on: date | None
    status: TaskStatus
    submission: SubmissionView | None
    comment: str
    version: int


@routes.get("/applications/{id}/tasks", response_model=Page[TaskView])
async def list_tasks(id: ApplicationPath, data: Data, by: By) -> Page[Task]:
    application = await data.visible_to(by, id)
    return Page(items=await data.tasks.find({"application_id": application.id}), next_cursor=None)


@routes.post("/applications/{application_id}/tasks", response_model=TaskView, status_code=201)
async def give_task(
    application_id: ApplicationPath, command: GiveTask, data: Data, by: By, now: Now, id: NewId
) -> Task:
    return await data.give_task(id, application_id, **dict(command), by=by, at=now)


@routes.post("/tasks/{id}/start", response_model=TaskView)
async def start_task(id: TaskPath, data: Data, by: By, now: Now) -> Task:
    return await data.advance_task(id, domain.start, by=by, at=now)


@routes.post("/tasks/{id}/submit", response_model=TaskView)
async def submit_task(id: TaskPath, command: SubmitTask, data: Data, by: By, now: Now) -> Task:
    return await data.advance_task(id, domain.submit, text=command.text, links=command.links, by=by, at=now)


@routes.post("/tasks/{id}/complete", response_model=TaskView)
async def complete_task(id: TaskPath, data: Data, by: By, now: Now) -> Task:
    return await data.complete_task(id, by=by, at=now)


@routes.post("/tasks/{id}/return", response_model=TaskView)
async def return_task(id: TaskPath, command: ReturnTask, data: Data, by: By, now: Now) -> Task:
    return await data.advance_task(id, domain.give_back, comment=command.comment, by=by, at=now)
