"""What an operator does with sign-in providers from the command line, also while the service runs."""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts.identity import SignInProviderKind

if TYPE_CHECKING:
    from services.identity.domain.provider import Provider
    from services.identity.store import Identity

provider = typer.Typer(no_args_is_help=True, help="Sign-in providers.")

Name = Annotated[str, typer.Argument(help="Part of the address people come back to: /sign-in/NAME/callback")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
SecretStdin = Annotated[bool, typer.Option("--secret-stdin", help="Read the client secret from standard input")]
SHOWN = {"id", "kind", "label", "issuer", "hosts", "client_id", "enabled"}


@provider.command("add")
def add_provider(
    name: Name,
    kind: Annotated[SignInProviderKind, typer.Option(help="What it is")],
    client_id: Annotated[str, typer.Option(help="As it knows us")],
    *,
    secret_stdin: SecretStdin,
    issuer: Annotated[str | None, typer.Option(help="Its address; the kind's own unless said")] = None,
    label: Annotated[str | None, typer.Option(help="On the button; the kind's name unless said")] = None,
    host: Annotated[list[str] | None, typer.Option(help="Asked too, besides the issuer's; can be repeated")] = None,
    nonce: Annotated[bool | None, typer.Option("--nonce/--no-nonce", help="It sends the nonce back")] = None,
    pkce: Annotated[bool | None, typer.Option("--pkce/--no-pkce", help="It takes a code challenge")] = None,
    proves_addresses: Annotated[
        bool,
        typer.Option("--proves-addresses/--no-proves-addresses", help="Take its word that an address is verified"),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Take a provider's word on who somebody is; ends with 1 where the name is taken or something is not right."""
    told: dict[str, Any] = {
        "label": label,
        "issuer": issuer,
        "hosts": tuple(host or ()),
        "sends_nonce": nonce,
        "takes_pkce": pkce,
    }
    told |= {"id": name, "kind": kind, "client_id": client_id, "proves_addresses": proves_addresses}
    secret = _secret(asked=secret_stdin)
    _say([_run(lambda identity, how: identity.providers.take(secret=secret, **told, **how))], as_json=as_json)


@provider.command("list")
def list_providers(*, as_json: AsJson = False) -> None:
    """List all there are, never their secrets."""
    _say(_run(lambda identity, _: identity.providers.find({})), as_json=as_json)


@provider.command("replace-secret")
def replace_secret(name: Name, *, secret_stdin: SecretStdin, as_json: AsJson = False) -> None:
    """Show it another client secret from now on."""
    secret = _secret(asked=secret_stdin)
    _say([_run(lambda identity, how: identity.providers.replace_secret(name, secret, **how))], as_json=as_json)


@provider.command("enable")
def enable_provider(name: Name, *, as_json: AsJson = False) -> None:
    """Take its word again."""
    from services.identity.domain.provider import enable  # noqa: PLC0415

    _say([_run(lambda identity, how: identity.providers.change(name, enable, **how))], as_json=as_json)


@provider.command("disable")
def disable_provider(name: Name, *, as_json: AsJson = False) -> None:
    """Take its word no more; what people linked stays linked."""
    from services.identity.domain.provider import disable  # noqa: PLC0415

    _say([_run(lambda identity, how: identity.providers.change(name, disable, **how))], as_json=as_json)


def _run(work: "Callable[[Identity, dict[str, Any]], Awaitable[Any]]") -> Any:
    """Do it on the store; ends with 1 where it is refused."""
    # Every service's process imports this module; only these commands need what stands behind it.
    from services.identity import operations  # noqa: PLC0415

    return operations.run(operations.on_the_store(work))


def _secret(*, asked: bool) -> str:
    if not asked:
        raise typer.BadParameter("Send the client secret with --secret-stdin.")
    secret = sys.stdin.read().strip()
    if not secret:
        raise typer.BadParameter("Standard input is empty.")
    return secret


def _say(found: "list[Provider]", *, as_json: bool) -> None:
    for one in found:
        told = one.model_dump(mode="json", include=SHOWN)
        state = "enabled" if one.enabled else "disabled"
        typer.echo(json.dumps(told) if as_json else f"{one.id}: {one.label} ({one.kind}), {one.issuer}, {state}.")
