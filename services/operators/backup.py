"""A service's whole store in a file, and back."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from services.chassis import backup as copies
from services.chassis.backup import Backup, NotEmpty, NotWhole
from services.chassis.service import Service
from services.operators import AsJson, ServiceName, Yes, act, agree, fail, progress, show

backup = typer.Typer(no_args_is_help=True, help="A service's store in a file, and back.")

File = Annotated[Path, typer.Argument(help="Where; it is for nobody else's eyes")]


@backup.command("create")
def create_backup(service: ServiceName, file: File, *, as_json: AsJson = False) -> None:
    """Write one instant of a service's store to a new file, beside the running service."""
    if file.exists():
        fail(f"{file} is there already. Take another name.")
    with progress(f"Reading {service}") as bar:
        made = act(service, lambda running: copies.back_up(running.store.database, service, file, counting(bar)))
    _say(made, f"{file}: ", as_json=as_json)


@backup.command("check")
def check_backup(file: File, *, as_json: AsJson = False) -> None:
    """Read a backup through; ends with 1 where it is not whole."""
    try:
        _say(copies.read(file), "Whole: ", as_json=as_json)
    except NotWhole as why:
        fail(str(why))


@backup.command("restore")
def restore_backup(service: ServiceName, file: File, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Write a backup into a service's empty store, with the indexes of this release; the service does not run."""
    agree(f"Restore {service} from {file}? What was told since then is not in it.", yes=yes)

    async def restoring(running: Service[Any]) -> Backup:
        with progress(f"Writing {service}") as bar:
            restored = await copies.restore(running.store.database, service, file, counting(bar))
        await running.prepare_everything()
        return restored

    try:
        restored = act(service, restoring)
    except (NotWhole, NotEmpty) as why:
        fail(str(why))
    else:
        _say(restored, "Restored: ", as_json=as_json)


def counting(bar: Callable[[int, int], None]) -> Callable[[int], None]:
    """Tell the bar of the documents done, of which nobody knows how many there will be."""
    return lambda done: bar(done, done)


def _say(told: Backup, words: str, *, as_json: bool) -> None:
    row = {"service": told.service, "at": told.at, "documents": told.documents}
    words += f"{sum(told.documents.values())} documents of {told.service} in {len(told.documents)} collections"
    show(row, f"{words}, as of {told.at:%Y-%m-%d %H:%M:%S} UTC.", as_json=as_json)
