"""What an operator does with accounts from the command line, also while the service runs."""

import asyncio
import json
import sys
from typing import Annotated

import typer

from contracts.identity import PlatformRole

account = typer.Typer(no_args_is_help=True, help="Accounts.")

Roles = Annotated[list[PlatformRole] | None, typer.Option("--role", help="Grant this role; can be repeated")]


@account.callback()
def accounts() -> None:
    """Keep `create` a word of its own: typer drops the name of an only command."""


@account.command("create")
def create_account(
    email: Annotated[str, typer.Option(help="The address to sign in with")],
    name: Annotated[str, typer.Option(help="What the person is called")],
    *,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input")],
    verified: Annotated[bool, typer.Option("--verified", help="Take the address as proved; else mail a link")] = False,
    roles: Roles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Create an account; ends with 1 where the address is taken or the password is not good."""
    if roles and not verified:
        raise typer.BadParameter("Only a --verified account can have a --role.")
    if not password_stdin:
        raise typer.BadParameter("Send the password with --password-stdin.")
    # Every service's process imports this module; only this command needs what stands behind it.
    from services.identity.operations import NotMade, create  # noqa: PLC0415

    password = sys.stdin.read().rstrip("\r\n")
    try:
        made = asyncio.run(create(email, name, password, verified=verified, roles=tuple(roles or ())))
    except NotMade as no:
        typer.echo(str(no), err=True)
        raise typer.Exit(1) from None
    said = f"Account {made.id} for {made.email}: {made.status}, roles: {', '.join(made.roles) or 'none'}."
    typer.echo(json.dumps(made.model_dump(mode="json")) if as_json else said)
