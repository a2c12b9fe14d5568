"""A route for each decision about tasks."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from contracts.applications import TaskKind, TaskStatus
from contracts.ids import AccountId, ApplicationId, TaskId
from contracts.time import Instant
from services.applications.dependencies import ApplicationPath, Data, TaskPath, TermReference
from services.applications.domain import task as domain
from services.applications.domain.task import FILE_KINDS, LARGEST_FILE, Task
from services.chassis.documents import a_file
from services.chassis.http import Body, By, NewId, Now, View, binary_body, router, upload
from services.chassis.kinds import FileKind
from services.chassis.paging import Page
from services.chassis.said import Day, YesOrNo
from services.chassis.text import Line, Prose, WebAddress

routes: Final = router("/v1", "tasks")
Stream = Annotated[AsyncIterator[bytes], upload(LARGEST_FILE)]
FileName = Annotated[Line, Query(description="Its name; of a text the ending says which text it is")]


class GiveTask(Body):
    name: Line
    description: Prose
    due_on: Day | None = None
    file_required: YesOrNo = False


class GiveTasks(GiveTask):
    """The same to every active mentee of a term."""

    term_id: TermReference


class EditTask(Body):
    """A merge patch: what is left out stays."""

    name: Line = ""
    description: Prose = ""
    due_on: Day | None = None


class SubmitTask(Body):
    """A text, links, the file that was sent before, or several of these."""

    text: Prose = ""
    links: Annotated[tuple[WebAddress, ...], Field(max_length=20)] = ()


class ReturnTask(Body):
    comment: Prose


class SubmissionView(View):
    text: str
    links: Sequence[str]
    at: Instant


class FileView(View):
    name: str
    kind: FileKind
    size: int
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
    file_required: bool
    submission: SubmissionView | None
    file: FileView | None
    comment: str
    version: int


@routes.get("/applications/{id}/tasks", response_model=Page[TaskView])
async def list_tasks(id: ApplicationPath, data: Data, by: By) -> Page[Task]:
    application, _ = await data.seen_with_project(by, id)
    return Page(items=await data.tasks.find({"application_id": application.id}), next_cursor=None)


@routes.post("/applications/{id}/tasks", response_model=TaskView, status_code=201)
async def give_task(id: ApplicationPath, command: GiveTask, data: Data, by: By, now: Now, new: NewId) -> Task:
    return await data.give_task(new, id, **dict(command), by=by, at=now)


@routes.post("/tasks", response_model=Page[TaskView], status_code=201)
async def give_tasks(command: GiveTasks, data: Data, by: By, now: Now) -> Page[Task]:
    return await data.give_tasks(**dict(command), by=by, at=now)


@routes.get("/tasks/{id}", response_model=TaskView)
async def read_task(id: TaskPath, data: Data, by: By) -> Task:
    return await data.task_seen_by(by, id)


@routes.patch("/tasks/{id}", response_model=TaskView)
async def edit_task(id: TaskPath, command: EditTask, data: Data, by: By, now: Now) -> Task:
    return await data.edit_task(id, command.model_dump(exclude_unset=True), by=by, at=now)


@routes.put("/tasks/{id}/file", response_model=TaskView, openapi_extra=binary_body(*sorted(FILE_KINDS)))
async def put_file(id: TaskPath, name: FileName, stream: Stream, data: Data, by: By, now: Now) -> Task:
    return await data.attach_file(id, stream, name, by=by, at=now)


@routes.get("/tasks/{id}/file", response_class=StreamingResponse, responses=a_file(*sorted(FILE_KINDS)))
async def read_file(id: TaskPath, data: Data, by: By) -> StreamingResponse:
    return data.files.download(await data.file_for(by, id))


@routes.delete("/tasks/{id}/file", response_model=TaskView)
async def delete_file(id: TaskPath, data: Data, by: By, now: Now) -> Task:
    return await data.detach_file(id, by=by, at=now)


@routes.post("/tasks/{id}/start", response_model=TaskView)
async def start_task(id: TaskPath, data: Data, by: By, now: Now) -> Task:
    return await data.advance_task(id, domain.start, by=by, at=now)


@routes.post("/tasks/{id}/submit", response_model=TaskView)
async def submit_task(id: TaskPath, command: SubmitTask, data: Data, by: By, now: Now) -> Task:
    return await data.submit_task(id, text=command.text, links=command.links, by=by, at=now)


@routes.post("/tasks/{id}/complete", response_model=TaskView)
async def complete_task(id: TaskPath, data: Data, by: By, now: Now) -> Task:
    return await data.complete_task(id, by=by, at=now)


@routes.post("/tasks/{id}/return", response_model=TaskView)
async def return_task(id: TaskPath, command: ReturnTask, data: Data, by: By, now: Now) -> Task:
    return await data.return_task(id, comment=command.comment, by=by, at=now)
