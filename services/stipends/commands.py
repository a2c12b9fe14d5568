"""What an operator does with the ledger from the command line, also while the service runs."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.stipends.domain.audit import Finding
    from services.stipends.store import StipendsStore

ledger = typer.Typer(no_args_is_help=True, help="The ledger of the projects' budgets.")


@ledger.callback()
def ledgers() -> None:
    """Keep `verify` a word of its own: typer drops the name of an only command."""


@ledger.command("verify")
def verify_ledger(
    project: Annotated[str | None, typer.Option(help="Only this project, by its id")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one project a line")] = False,
) -> None:
    """Walk every chain of postings and reckon the balances anew; ends with 1 where anything is broken."""
    findings = asyncio.run(_verify(project))
    for finding in findings:
        typer.echo(finding.model_dump_json() if as_json else _told(finding))
    if any(finding.fault for finding in findings):
        raise typer.Exit(1)


async def _verify(project: str | None) -> "list[Finding]":
    # Every service's process imports this module; only this command needs what stands behind it.
    from services.operators import build  # noqa: PLC0415

    service = build("stipends")
    try:
        return await audited(service.data, project)
    finally:
        service.store.database.close()


async def audited(data: "StipendsStore", project: str | None) -> "list[Finding]":
    """Verify one project, or all of them. Raises `typer.BadParameter` where there is nothing to verify."""
    known = await data.auditor.projects()
    if project is not None and project not in known:
        raise typer.BadParameter(f"There is no budget of a project {project!r}.")
    return [await data.auditor.verify(id) for id in known if project in {None, id}]


def _told(finding: "Finding") -> str:
    if finding.fault:
        return f"{finding.project_id}: BROKEN. {finding.fault}"
    return f"{finding.project_id}: {finding.postings} postings, sound. Last hash {finding.head or 'none'}."
