"""Copies of what other services told: which there are, and made anew from the bus."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from services.chassis.rebuilding import copies, rebuild
from services.chassis.service import Service
from services.chassis.store import Projection
from services.operators import AsJson, DryRun, ServiceName, Yes, act, agree, progress, show

projections = typer.Typer(no_args_is_help=True, help="Copies of what other services told.")

Name = Annotated[str | None, typer.Argument(help="Only this one, as `list` shows it")]


@projections.command("list")
def list_projections(service: ServiceName, *, as_json: AsJson = False) -> None:
    """Show a service's copies, what they are made of, and how much they hold."""
    for row in act(service, lambda running: _listed(running, None)):
        show(row, f"{row['name']:<14} {row['documents']:>9}  of {row['noun']} from {row['topic']}", as_json=as_json)


@projections.command("rebuild")
def rebuild_projections(
    service: ServiceName, name: Name = None, *, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Build a copy (or all of a service) anew from the bus, beside the running service, and switch when it is whole."""
    rows = act(service, lambda running: _listed(running, name))
    if dry_run:
        for row in rows:
            words = f"{row['name']} ({row['documents']} documents) would be built anew from {row['topic']}."
            show(row | {"dry_run": True}, words, as_json=as_json)
        return
    agree(f"Build {', '.join(row['name'] for row in rows)} of {service} anew?", yes=yes)
    for row in rows:
        done = act(service, lambda running, row=row: _rebuild(running, row["name"]))  # type: ignore[misc]
        words = "{name}: {things} things from {events} messages in {seconds:.1f} s, {unreadable} of them unreadable."
        show(done, words.format(**done), as_json=as_json)


async def _listed(running: Service[Any], name: str | None) -> list[dict[str, Any]]:
    known = copies(running.data)
    chosen = known.values() if name is None else [_named(running, name)]
    return [await _row(copy) for copy in chosen]


def _named(running: Service[Any], name: str) -> Projection[Any]:
    known = copies(running.data)
    if name not in known:
        raise KeyError(f"{running.name} has no copy {name!r}. It has {', '.join(known) or 'none at all'}.")
    return known[name]


async def _row(copy: Projection[Any]) -> dict[str, Any]:
    row = {"name": copy.name, "noun": copy.remembers.noun, "topic": copy.remembers.topic}
    return row | {"documents": await copy.documents.count({"sequence": {"$gt": 0}})}


async def _rebuild(running: Service[Any], name: str) -> dict[str, Any]:
    began, broker = datetime.now(UTC), running.settings.broker
    with progress(f"reading for {name}") as told:
        done = await rebuild(running.store, running.inbox, _named(running, name), broker, told)
    row = {"name": name, "things": len(done.newest), "events": done.read, "unreadable": done.unreadable}
    return row | {"seconds": (datetime.now(UTC) - began).total_seconds()}
