"""What an operator does with clients from the command line, also while the service runs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from services.identity.domain.client import Client

client = typer.Typer(no_args_is_help=True, help="Applications that people sign in to, and that act by themselves.")

Id = Annotated[str, typer.Argument(help="The client's id")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
Many = list[str] | None


@client.command("create")
def create_client(
    *,
    name: Annotated[str, typer.Option(help="What people are told it is; the first address's host unless said")] = "",
    redirect_uris: Annotated[Many, typer.Option("--redirect-uri", help="Where people are sent back to")] = None,
    post_logout: Annotated[Many, typer.Option("--post-logout-redirect-uri", help="Where after signing out")] = None,
    farewell: Annotated[
        str | None, typer.Option("--backchannel-logout-uri", help="Where it is told that a session is over")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="It can keep no secret: a page, an app")] = False,
    auth: Annotated[
        str, typer.Option("--auth", help="client_secret_basic, client_secret_post or private_key_jwt")
    ] = "client_secret_basic",
    jwks: Annotated[Path | None, typer.Option(help="Its public keys, a JSON Web Key Set", exists=True)] = None,
    scopes: Annotated[
        Many, typer.Option("--scope", help="What it may ask for; what a person can allow unless said")
    ] = None,
    resources: Annotated[
        Many, typer.Option("--resource", help="An audience it may ask for; userinfo unless said")
    ] = None,
    serves: Annotated[Many, typer.Option("--serves", help="An audience whose tokens it may introspect")] = None,
    by_itself: Annotated[bool, typer.Option("--by-itself", help="It may have tokens with nobody signed in")] = False,
    consent: Annotated[bool, typer.Option("--consent/--no-consent", help="Whether people are asked first")] = True,
    pkce: Annotated[bool, typer.Option("--pkce/--no-pkce", help="Whether PKCE is demanded of it")] = True,
    as_json: AsJson = False,
) -> None:
    """Make a client known; what proves it is printed this one time."""
    said: dict[str, Any] = {
        "name": name or _host(redirect_uris),
        "redirect_uris": redirect_uris or (),
        "post_logout_redirect_uris": post_logout or (),
        "backchannel_logout_uri": farewell,
        "auth_method": "none" if public else auth,
        "jwks": _read(jwks) if jwks else None,
        "resources": resources or (),
        "serves": serves or (),
        "by_itself": by_itself,
        "first_party": not consent,
        "pkce_required": pkce,
        **({"scopes": scopes} if scopes else {}),
    }
    # Every service's process imports this module; only a command needs what stands behind it.
    from services.identity import operations  # noqa: PLC0415

    made = operations.run(operations.create_client(said))
    once = {"client_secret": made.secret, "private_key": made.private_key}
    shown = {name: value for name, value in once.items() if value}
    if as_json:
        typer.echo(json.dumps(told(made.client) | shown))
    else:
        typer.echo(_line(made.client))
        for what, value in shown.items():
            typer.echo(f"{what}, shown this one time: {value if isinstance(value, str) else json.dumps(value)}")


@client.command("list")
def list_clients(*, as_json: AsJson = False) -> None:
    """List all clients."""
    from services.identity import operations  # noqa: PLC0415

    for one in operations.run(operations.list_clients()):
        typer.echo(json.dumps(told(one)) if as_json else _line(one))


@client.command("rotate-secret")
def rotate_secret(
    id: Id,
    *,
    at_once: Annotated[bool, typer.Option("--at-once", help="The one before is good no more")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a client a new secret, printed this one time; the one before goes on for a day."""
    from services.identity import operations  # noqa: PLC0415

    made = operations.run(operations.rotate_secret(id, at_once=at_once))
    typer.echo(json.dumps(told(made.client) | {"client_secret": made.secret}) if as_json else f"{made.secret}")


@client.command("delete")
def delete_client(
    id: Id, *, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False, as_json: AsJson = False
) -> None:
    """Forget a client, and end all that people let it have."""
    if not yes:
        typer.confirm(f"Forget {id}? Nobody can sign in to it any more.", abort=True, err=True)
    from services.identity import operations  # noqa: PLC0415

    gone = operations.run(operations.delete_client(id))
    typer.echo(json.dumps({"id": gone.id, "deleted": True}) if as_json else f"{gone.id} ({gone.name}) is forgotten.")


def told(client: "Client") -> dict[str, Any]:
    """Give what may be shown of it, again and again."""
    return client.model_dump(mode="json", exclude={"secrets", "version", "sequence", "pos"})


def _read(jwks: Path) -> Any:
    try:
        return json.loads(jwks.read_text("utf-8"))
    except ValueError:
        raise typer.BadParameter(f"{jwks} is no JSON.") from None


def _host(redirect_uris: Many) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415

    return (urlsplit(redirect_uris[0]).hostname if redirect_uris else "") or "A client"


def _line(client: "Client") -> str:
    return f"{client.id} {client.name}: {client.auth_method}, {' '.join(client.grant_types)}"
