"""What operators do from the command line, a module for each noun; all of it works beside the running services."""

import asyncio
import importlib
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.catalog import SERVICES
from services.chassis.mongo import StoreAway
from services.chassis.rebuilding import NotRebuilt
from services.chassis.service import Service
from services.chassis.settings import Settings, SettingsError
from services.chassis.topics import BrokerAway

T = TypeVar("T")

ServiceName = Annotated[str, typer.Argument(help=", ".join(SERVICES))]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one thing a line")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing")]
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def build(service: str) -> Service[Any]:
    """Put a service together as its settings in the environment say. Exits where there is no such service."""
    rooms = importlib.import_module(f"services.{_known(service)}.app")
    built: Service[Any] = rooms.build(rooms.Settings.from_environment())
    return built


def settings_of(service: str) -> Settings:
    """Read a service's settings. Raises `SettingsError`."""
    rooms = importlib.import_module(f"services.{_known(service)}.app")
    settings: Settings = rooms.Settings.from_environment()
    return settings


def settings_of_any() -> Settings:
    """Read those of the first service whose environment is complete: on one bus they all name the same broker."""
    faults = []
    for service in SERVICES:
        try:
            return settings_of(service)
        except SettingsError as fault:
            faults.append(fault)
    raise faults[0]


def _known(service: str) -> str:
    if service not in SERVICES:
        raise typer.BadParameter(f"There is no service {service!r}. There are {', '.join(SERVICES)}.")
    return service


def act(service: str, what: Callable[[Service[Any]], Awaitable[T]]) -> T:
    """Do something with a service's parts, which are let go afterwards. Ends the command where it cannot be done."""
    built = build(service)

    async def acting() -> T:
        try:
            with built.by_itself():
                return await what(built)
        finally:
            await built.cluster.close()
            built.store.database.close()

    with faults_told(
        f"The store of {service} cannot be reached. Is MongoDB up, and {service.upper()}_MONGODB_URI right?"
    ):
        return asyncio.run(acting())


@contextmanager
def faults_told(store_away: str = "A store cannot be reached.") -> Iterator[None]:
    """End the command with words instead of a trace where something is away, or asked for wrongly."""
    try:
        yield
    except KeyError as unknown:
        raise typer.BadParameter(str(unknown.args[0])) from None
    except (BrokerAway, NotRebuilt) as why:
        fail(str(why))
    except StoreAway:
        fail(store_away)


def fail(why: str) -> None:
    typer.echo(why, err=True)
    raise typer.Exit(1)


def agree(question: str, *, yes: bool) -> None:
    """Ask, unless told not to; anything but yes ends the command."""
    if not yes:
        typer.confirm(question, abort=True, err=True)


def show(row: dict[str, Any], words: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(row, default=_written) if as_json else words)


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on the terminal how far long work is; gives the function that is told done and whole."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


def instant(text: str) -> datetime:
    """Read an instant (`2026-03-01`, `2026-03-01T12:00:00Z`) or how long ago it was (`90s`, `15m`, `2h`, `3d`)."""
    if ago := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither an instant (2026-03-01T12:00:00Z) nor an age (15m).") from None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def ago(moment: datetime, now: datetime) -> str:
    """Say in words how long ago it was."""
    seconds = int((now - moment).total_seconds())
    for length, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{max(0, seconds)} seconds ago"
