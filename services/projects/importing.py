"""Many projects enrolled from a file: read, checked row by row as the API checks them, and drafted.

A row stands for one project and its administrator. Each is drafted in a transaction of its own, so that what was done
stays done, and the same file can be taken again: a project whose name is there already is passed over.
"""

import asyncio
import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, EmailStr, ValidationError
from uuid6 import uuid7

from contracts.ids import ProjectId
from services.chassis.domain import Actor, Refusal, system
from services.projects.api.enrollments import DraftProject
from services.projects.domain.project import NameTaken
from services.projects.store import ProjectsStore

OPERATOR: Final[Actor] = system("operator")
LISTS: Final = frozenset({"technologies", "skills", "desirable_skills"})
"""Cells that hold several words with semicolons between them."""
STRUCTURES: Final = frozenset({"prerequisites", "application_questions", "evaluation_questions"})
"""Cells that hold JSON."""
AT_ONCE: Final = 8
"""Rows worked on at the same time."""


class FileRefused(Refusal):
    """The file as a whole cannot be read."""


class Outcome(StrEnum):
    WOULD_BE_CREATED = "would be created"
    CREATED = "created"
    EXISTS = "exists already"
    REFUSED = "refused"


class Fault(BaseModel):
    field: str
    """Where in the row, such as `skills/0`; empty where it is about the row as a whole."""
    message: str


class Row(BaseModel):
    """What became of one row."""

    number: int
    """As a spreadsheet counts, the header being 1; in JSON the first project is 1."""
    name: str
    outcome: Outcome
    id: ProjectId | None = None
    faults: Sequence[Fault] = ()


class EnrolledProject(DraftProject):
    """One row: a project as the API takes it, and who administers it."""

    administrator: EmailStr
    """Any proved address of their account."""


Numbered = tuple[int, Mapping[str, Any]]


def read(name: str, content: bytes) -> list[Numbered]:
    """Give the rows of a file, numbered. Raises `FileRefused`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{name} is not UTF-8: byte {error.start} cannot be read. Save it as UTF-8.") from None
    return _of_json(name, text) if name.lower().endswith(".json") else _of_csv(name, text)


async def enroll(
    rows: Sequence[Numbered],
    data: ProjectsStore,
    *,
    apply: bool,
    at: datetime,
    advance: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Say of each row what became of it or, unless `apply`, what would."""
    places = asyncio.Semaphore(AT_ONCE)
    read_rows = [(number, row, _checked(row)) for number, row in rows]
    first_with = {
        checked.name.casefold(): number
        for number, _, checked in reversed(read_rows)
        if isinstance(checked, EnrolledProject)
    }

    async def work(number: int, row: Mapping[str, Any], checked: EnrolledProject | list[Fault]) -> Row:
        async with places:
            done = Row(number=number, name=str(row.get("name", "")), outcome=Outcome.REFUSED)
            if not isinstance(checked, EnrolledProject):
                changes: Mapping[str, Any] = {"faults": checked}
            elif (first := first_with[checked.name.casefold()]) != number:
                changes = {"faults": [Fault(field="name", message=f"Row {first} has this name too.")]}
            else:
                changes = await _enrolled(checked, data, apply=apply, at=at)
            advance()
            return done.model_copy(update=changes)

    return list(await asyncio.gather(*(work(*row) for row in read_rows)))


def _checked(row: Mapping[str, Any]) -> EnrolledProject | list[Fault]:
    try:
        return EnrolledProject.model_validate(row, strict=False)  # cells are text, as people type them
    except ValidationError as error:
        return _faults(error)


async def _enrolled(wanted: EnrolledProject, data: ProjectsStore, *, apply: bool, at: datetime) -> dict[str, Any]:
    """Draft it, if that is wanted and possible; gives what there is to report."""
    if existing := await data.projects.named(wanted.name):
        return {"outcome": Outcome.EXISTS, "id": existing}
    administrator = await data.people.find_one({"emails": wanted.administrator.lower()})
    if administrator is None:
        unknown = f"No account has proved the address {wanted.administrator!r}. Its owner signs up first."
        return {"faults": [Fault(field="administrator", message=unknown)]}
    if not apply:
        return {"outcome": Outcome.WOULD_BE_CREATED}
    fields = wanted.said() | {"administrator": administrator.id}
    try:
        drafted = await data.draft(str(uuid7()), fields, by=OPERATOR, at=at)
    except NameTaken:
        return {"outcome": Outcome.EXISTS, "id": await data.projects.named(wanted.name)}
    return {"outcome": Outcome.CREATED, "id": drafted.id}


def _faults(error: ValidationError) -> list[Fault]:
    return [
        Fault(field="/".join(map(str, fault["loc"])), message=fault["msg"].removeprefix("Value error, "))
        for fault in error.errors(include_url=False, include_context=False)
    ]


def _of_json(name: str, text: str) -> list[Numbered]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"{name} is no JSON: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FileRefused(f"{name} must hold a list of projects: [{{…}}, {{…}}].")
    return list(enumerate(rows, 1))


def _of_csv(name: str, text: str) -> list[Numbered]:
    lines = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        unknown = set(lines.fieldnames or ()) - EnrolledProject.model_fields.keys()
        if unknown or not lines.fieldnames:
            known = ", ".join(EnrolledProject.model_fields)
            raise FileRefused(
                f"{name} has no column {sorted(unknown)}. The first row names columns, of these: {known}."
            )
        return [(number, _of_cells(cells)) for number, cells in enumerate(lines, 2)]
    except csv.Error as error:
        raise FileRefused(f"{name} is no CSV: line {lines.line_num}: {error}.") from None


def _of_cells(cells: Mapping[str | None, Any]) -> dict[str, Any]:
    """Read a row of cells; an empty one says nothing, one too many is a field that nobody knows."""
    return {name or "a cell beyond the last column": _of_cell(name, cell) for name, cell in cells.items() if cell}


def _of_cell(name: str | None, cell: Any) -> Any:
    if name in LISTS:
        return [word for word in cell.split(";") if word.strip()]
    if name in STRUCTURES:
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell
