"""A term's applications as CSV, in the columns that the administrator chooses."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Annotated, Final

from fastapi import Query
from fastapi.responses import StreamingResponse

from contracts.time import written
from services.applications.dependencies import Data, TermReference
from services.applications.domain.application import Application
from services.chassis.documents import a_file
from services.chassis.http import By, router
from services.chassis.paging import Malformed
from services.chassis.spreadsheet import harmless, row_of

routes: Final = router("/v1/applications/export.csv", "applications")

Cell = Callable[[Application, str], str]
COLUMNS: Final[Mapping[str, Cell]] = {
    "id": lambda application, _: application.id,
    "mentee_id": lambda application, _: application.mentee_id,
    "mentee_name": lambda _, name: name,
    "status": lambda application, _: application.status,
    "country": lambda application, _: application.country,
    "applied_at": lambda application, _: written(application.applied_at),
    "open_prerequisites": lambda application, _: str(application.open_prerequisites),
    "attendance": lambda application, _: application.attendance or "",
    "accepted_at": lambda application, _: written(application.accepted_at) if application.accepted_at else "",
    "reason_code": lambda application, _: application.reason_code or "",
    "message": lambda application, _: application.message,
    "statement": lambda application, _: application.statement,
    "answers": lambda application, _: "\n\n".join(f"{each.question}\n{each.text}" for each in application.answers),
    "availability": lambda application, _: application.availability,
    "ai_use": lambda application, _: application.ai_use,
}


@routes.get("", response_model=None, response_class=StreamingResponse, responses=a_file("text/csv"))
async def export_applications(
    term_id: Annotated[TermReference, Query()],
    data: Data,
    by: By,
    columns: Annotated[str | None, Query(max_length=500, description="Names with commas between; all without")] = None,
) -> StreamingResponse:
    """One line an application; text that a spreadsheet would reckon with begins with an apostrophe."""
    chosen = _chosen(columns)
    await data.must_be_administered_by(by, term_id)
    headers = {"Content-Disposition": 'attachment; filename="applications.csv"', "Cache-Control": "no-store"}
    lines = csv_of(data.each_of_term(term_id), chosen)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def csv_of(rows: AsyncIterator[tuple[Application, str]], chosen: Sequence[str]) -> AsyncIterator[str]:
    yield row_of(chosen)
    async for application, name in rows:
        yield row_of(harmless(COLUMNS[column](application, name)) for column in chosen)


def _chosen(columns: str | None) -> Sequence[str]:
    chosen = list(COLUMNS) if columns is None else [name.strip() for name in columns.split(",")]
    if unknown := [name for name in chosen if name not in COLUMNS]:
        raise Malformed(f"There is no column {unknown[0]!r}; there are: {', '.join(COLUMNS)}.")
    return chosen
