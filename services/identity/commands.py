"""What an operator does with accounts from the command line, also while the service runs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.identity import PlatformRole

if TYPE_CHECKING:
    from services.identity.operations import Made

account = typer.Typer(no_args_is_help=True, help="Accounts.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one account a line")]
Roles = Annotated[list[PlatformRole] | None, typer.Option("--role", help="Grant this role; can be repeated")]


@account.command("create")
def create_account(
    email: Annotated[str, typer.Option(help="The address to sign in with")],
    *,
    name: Annotated[str, typer.Option(help="What the person is called; what stands before the @ unless said")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input")
    ] = False,
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", help="Read it from this file", exists=True, dir_okay=False),
    ] = None,
    unless_there: Annotated[
        bool, typer.Option("--unless-there", help="Do nothing where somebody proved the address already")
    ] = False,
    verified: Annotated[bool, typer.Option("--verified", help="Take the address as proved; else mail a link")] = False,
    roles: Roles = None,
    as_json: AsJson = False,
) -> None:
    """Create an account; ends with 1 where the address is taken or the password is not good."""
    if roles and not verified:
        raise typer.BadParameter("Only a --verified account can have a --role.")
    if password_stdin == (password_file is not None):
        raise typer.BadParameter("Give the password either with --password-stdin or with --password-file.")
    # Every service's process imports this module; only this command needs what stands behind it.
    from services.identity import operations  # noqa: PLC0415

    if unless_there and operations.run(operations.list_accounts(email, None)):
        typer.echo(f"There is an account with the address {email} already; nothing was done.")
        return
    given = password_file.read_text() if password_file else sys.stdin.read()
    password, called = given.rstrip("\r\n"), name or email.partition("@")[0]
    made = operations.run(operations.create(email, called, password, verified=verified, roles=tuple(roles or ())))
    said = f"Account {made.id} for {made.email}: {made.status}, roles: {', '.join(made.roles) or 'none'}."
    typer.echo(made.model_dump_json() if as_json else said)


@account.command("list")
def list_accounts(
    *,
    email: Annotated[str | None, typer.Option(help="Only whoever has this address")] = None,
    role: Annotated[PlatformRole | None, typer.Option(help="Only who has this role")] = None,
    as_json: AsJson = False,
) -> None:
    """List the accounts of people who proved their address, the oldest first."""
    from services.identity import operations  # noqa: PLC0415

    for one in operations.run(operations.list_accounts(email, role)):
        typer.echo(one.model_dump_json() if as_json else _line(one))


@account.command("roles")
def change_roles(
    email: Annotated[str, typer.Argument(help="The address to sign in with")],
    *,
    grant: Annotated[list[PlatformRole] | None, typer.Option("--grant", help="Grant this role")] = None,
    take: Annotated[list[PlatformRole] | None, typer.Option("--take", help="Take this role")] = None,
    as_json: AsJson = False,
) -> None:
    """Grant and take platform roles, and say which there are; the last staff member stays."""
    from services.identity import operations  # noqa: PLC0415

    changed = operations.run(operations.change_roles(email, grant or [], take or []))
    typer.echo(changed.model_dump_json() if as_json else _line(changed))


def _line(account: "Made") -> str:
    return f"{account.id} {account.email}: {account.status}, roles: {', '.join(account.roles) or 'none'}"
