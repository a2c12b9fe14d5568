"""What operators do about messages that were set aside; it works beside the running service."""

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from services.chassis.mongo import Document
from services.chassis.service import Service

dead_letters = typer.Typer(no_args_is_help=True, help="Messages that could not be applied.")

ServiceName = Annotated[str, typer.Argument(help="identity, projects, applications or stipends")]
Id = Annotated[str, typer.Argument(help="As `list` shows it")]


@dead_letters.command("list")
def list_dead_letters(service: ServiceName, *, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show what was set aside, and why."""
    for letter in _with(service, lambda running: running.inbox.dead_letters()):
        typer.echo(json.dumps(_shown(letter)) if as_json else "\n  ".join(map(str, _shown(letter).values())))


@dead_letters.command("retry")
def retry_dead_letter(service: ServiceName, id: Id) -> None:
    """Apply one after all, and then what waited behind it."""
    _with(service, lambda running: running.inbox.retry(id, running.apply))
    typer.echo("Applied.")


@dead_letters.command("discard")
def discard_dead_letter(service: ServiceName, id: Id) -> None:
    """Pass over one for good, and then apply what waited behind it."""
    typer.confirm(f"Pass over {id} for good?", abort=True)
    _with(service, lambda running: running.inbox.discard(id, running.apply))
    typer.echo("Discarded.")


def build(service: str) -> Service[Any]:
    """Put a service together as its settings in the environment say. Exits where there is no such service."""
    try:
        rooms = importlib.import_module(f"services.{service}.app")
    except ModuleNotFoundError:
        raise typer.BadParameter(f"There is no service {service!r}.") from None
    built: Service[Any] = rooms.build(rooms.Settings.from_environment())
    return built


def _with(service: str, act: Callable[[Service[Any]], Awaitable[Any]]) -> Any:
    async def acting() -> Any:
        running = build(service)
        try:
            return await act(running)
        finally:
            running.store.database.close()

    try:
        return asyncio.run(acting())
    except KeyError as unknown:
        raise typer.BadParameter(str(unknown.args[0])) from None


def _shown(letter: Document) -> dict[str, str]:
    return {
        "id": letter["_id"],
        "type": letter["headers"].get("ce_type", "?"),
        "reason": letter["reason"],
        "since": letter["since"].isoformat(),
    }
