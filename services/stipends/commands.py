"""What an operator does with ledger and payees from the command line, also while the service runs."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from services.stipends.domain.audit import Finding
    from services.stipends.domain.reconciliation import Difference
    from services.stipends.store import StipendsStore

T = TypeVar("T")

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
    return await _with_data(lambda data: audited(data, project))


async def _with_data(act: "Callable[[StipendsStore], Awaitable[T]]") -> T:
    # Every service's process imports this module; only a command needs what stands behind it.
    from services.operators import build  # noqa: PLC0415

    service = build("stipends")
    try:
        with service.by_itself():
            return await act(service.data)
    finally:
        service.store.database.close()


async def audited(data: "StipendsStore", project: str | None) -> "list[Finding]":
    """Verify one project, or all of them. Raises `typer.BadParameter` where there is nothing to verify."""
    known = await data.auditor.projects()
    if project is not None and project not in known:
        raise typer.BadParameter(f"There is no budget of a project {project!r}.")
    return [await data.auditor.verify(id) for id in known if project in {None, id}]


payees = typer.Typer(no_args_is_help=True, help="Where people are paid.")


@payees.callback()
def where_paid() -> None:
    """Keep `rotate-key` a word of its own: typer drops the name of an only command."""


@payees.command("rotate-key")
def rotate_payee_key() -> None:
    """Seal anew, with STIPENDS_PAYEE_SECRET, whatever STIPENDS_PAYEE_SECRET_OTHER sealed; may be repeated.

    Ends with 1 where something opens with neither.
    """
    # As in `_with_data`.
    from services.operators import sealing  # noqa: PLC0415

    sealing.tell(asyncio.run(_with_data(lambda data: data.payees.renew_seals())))


payments = typer.Typer(no_args_is_help=True, help="Payments to mentees.")


@payments.callback()
def paid_out() -> None:
    """Keep `reconcile` a word of its own: typer drops the name of an only command."""


@payments.command("reconcile")
def reconcile_payments(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Payments ordered on this day or later")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one difference a line")] = False,
) -> None:
    """Hold the provider's books against the ledger; corrects nothing, ends with 1 where they differ."""
    found = asyncio.run(_with_data(lambda data: _differences(data, since.replace(tzinfo=UTC))))
    for one in found:
        typer.echo(one.model_dump_json() if as_json else f"{one.reference}: {one.words}")
    if found:
        raise typer.Exit(1)
    if not as_json:
        typer.echo("The provider's books and the ledger agree.")


async def _differences(data: "StipendsStore", since: datetime) -> "Sequence[Difference]":
    # As in `_with_data`.
    from services.stipends.provider.chosen import called, provider_of  # noqa: PLC0415
    from services.stipends.reconciling import differences  # noqa: PLC0415
    from services.stipends.settings import Settings  # noqa: PLC0415

    return await differences(data, called(provider_of(Settings.from_environment())), since)


def _told(finding: "Finding") -> str:
    if finding.fault:
        return f"{finding.project_id}: BROKEN. {finding.fault}"
    return f"{finding.project_id}: {finding.postings} postings, sound. Last hash {finding.head or 'none'}."
