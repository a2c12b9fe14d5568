"""What operators take in: many projects from a file."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.operators import build

projects = typer.Typer(no_args_is_help=True, help="Projects.")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .json or a .csv file; docs/import.md")]


@projects.callback()
def of_projects() -> None:
    """Keep `import` a word of its own: typer drops the name of an only command."""


@projects.command("import")
def import_projects(
    file: File,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Draft them; else only say what would be done")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON")] = False,
) -> None:
    """Draft a project for each row; ends with 1 where a row was refused, with 2 where the file cannot be read."""
    # Every service's process imports this module; only this command needs what stands behind it.
    from services.projects.importing import FileRefused, Outcome, read  # noqa: PLC0415

    try:
        rows = asyncio.run(_import(read(file.name, file.read_bytes()), apply=apply))
    except FileRefused as no:
        typer.echo(str(no), err=True)
        raise typer.Exit(2) from None
    typer.echo(json.dumps([row.model_dump(mode="json") for row in rows]) if as_json else _written(rows, apply=apply))
    if any(row.outcome is Outcome.REFUSED for row in rows):
        raise typer.Exit(1)


async def _import(rows: Sequence[Any], *, apply: bool) -> list[Any]:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from services.projects.importing import enroll  # noqa: PLC0415

    service = build("projects")
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        if apply:
            await service.store.prepare()
            await service.data.prepare()
        with Progress(*shown, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("Drafting" if apply else "Checking", total=len(rows))
            return await enroll(
                rows, service.data, apply=apply, at=service.clock(), advance=lambda: progress.advance(task)
            )
    finally:
        service.store.database.close()


def _written(rows: Sequence[Any], *, apply: bool) -> str:
    """A line a row, what is wrong with it below, and how many there are of each kind."""
    lines = [
        line
        for row in rows
        for line in (
            f"row {row.number}: {row.outcome}: {row.name or '(no name)'}",
            *(f"    {fault.field or 'row'}: {fault.message}" for fault in row.faults),
        )
    ]
    counts = {row.outcome: sum(other.outcome is row.outcome for other in rows) for row in rows}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "no rows"
    return "\n".join([*lines, f"{said}." + ("" if apply else " Nothing was changed; add --apply to draft them.")])
