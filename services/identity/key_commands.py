"""What an operator does with the signing keys from the command line, also while the service runs."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.identity.domain.key import SigningKey

keys = typer.Typer(no_args_is_help=True, help="The keys that tokens are signed with, and what seals them.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one key a line")]


@keys.command("list")
def list_keys(*, as_json: AsJson = False) -> None:
    """List the published keys."""
    # Every service's process imports this module; only a command needs what stands behind it.
    from services.identity import operations  # noqa: PLC0415

    _show(operations.run(operations.list_keys()), as_json=as_json)


@keys.command("rotate")
def rotate_keys(
    *,
    at_once: Annotated[bool, typer.Option("--at-once", help="One leaked: end every token signed until now")] = False,
    as_json: AsJson = False,
) -> None:
    """Make new keys: they sign in 10 minutes, when everybody can know them, or at once; ends with 1 where some wait."""
    from services.identity import operations  # noqa: PLC0415

    _show(operations.run(operations.rotate_keys(at_once=at_once)), as_json=as_json)


@keys.command("rotate-secret")
def rotate_key_secret() -> None:
    """Seal anew, with IDENTITY_KEY_SECRET, whatever IDENTITY_KEY_SECRET_OTHER sealed; may be repeated.

    That is these keys, secrets of authenticator apps and of providers, demographics, and keys of exports. Ends with 1
    where something opens with neither.
    """
    from services.identity import operations  # noqa: PLC0415
    from services.operators import sealing  # noqa: PLC0415

    sealing.tell(operations.run(operations.renew_seals()))


def _show(found: "list[SigningKey]", *, as_json: bool) -> None:
    for key in found:
        told = key.model_dump(mode="json", exclude={"sealed", "public"})
        typer.echo(json.dumps(told) if as_json else f"{key.id} {key.algorithm} {key.state}")
