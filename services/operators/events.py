"""Events as they pass on the bus, and sent there again from a service's own log."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final

import typer

from contracts.catalog import TOPICS, dead_letters, written_by
from services.chassis.messages import Message
from services.chassis.mongo import Document
from services.chassis.service import Service
from services.chassis.topics import Topics, reading
from services.operators import (
    AsJson,
    DryRun,
    Yes,
    act,
    agree,
    faults_told,
    instant,
    progress,
    settings_of,
    settings_of_any,
    show,
)

events = typer.Typer(no_args_is_help=True, help="Events on the bus.")

SINCE: Final = typer.Option(parser=instant, help="An instant (2026-03-01T12:00:00Z) or an age (15m, 2h)")
Key = Annotated[str | None, typer.Option("--key", help="Of this thing alone, as `project/<id>`; * stands for anything")]
Kind = Annotated[
    str | None, typer.Option("--type", help="Of this type alone, as `term.opened.v1`; * stands for anything")
]
STUCK: Final = 10.0
"""Seconds without a row leaving after which nobody waits for the relay any longer."""


@events.command("tail")
def tail_events(
    *,
    service: Annotated[str | None, typer.Option(help="Of this service alone")] = None,
    type_: Kind = None,
    key: Key = None,
    since: Annotated[datetime | None, SINCE] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the events told since an instant (an hour ago; with --follow from now on), oldest first per partition."""
    settings = settings_of(service) if service else settings_of_any()
    names = written_by(service) if service else tuple(topic.name for topic in TOPICS)
    begin = since or instant("0s" if follow else "1h")

    async def tailing() -> None:
        async with reading(settings.broker, names) as topics:
            await topics.begin_at(begin)
            async for message in _wanted(topics, begin, type_ or "*", key or "*", follow=follow):
                show(_shown(message), _line(message), as_json=as_json)

    with faults_told():
        asyncio.run(tailing())


async def _wanted(topics: Topics, since: datetime, kind: str, key: str, *, follow: bool) -> AsyncIterator[Message]:
    async for batch in topics.for_ever() if follow else topics.up_to_now():
        for message in sorted(batch, key=_told_at):
            if (
                _told_at(message) >= since.astimezone(UTC).isoformat()[:23]
                and fnmatchcase(message.headers.get("ce_type", ""), kind)
                and fnmatchcase(message.key, key)
            ):
                yield message


def _told_at(message: Message) -> str:
    return message.headers.get("ce_time", "9")


def _shown(message: Message) -> dict[str, Any]:
    row: dict[str, Any] = {
        "topic": message.topic,
        "place": message.place,
        "type": message.headers.get("ce_type"),
        "key": message.key,
    }
    row |= {"sequence": message.sequence, "at": message.headers.get("ce_time"), "trace": message.trace}
    try:
        return row | {"event": json.loads(message.value)}
    except ValueError:
        return row | {"unreadable": message.value.decode(errors="replace")}


def _line(message: Message) -> str:
    kind = message.headers.get("ce_type", "?")
    return f"{message.headers.get('ce_time', '?'):<24}  {kind:<30}  {message.key} #{message.sequence}  {message.topic}"


@events.command("replay")
def replay_events(
    *,
    service: Annotated[str, typer.Option(help="Whose events")],
    since: Annotated[datetime, SINCE],
    type_: Kind = None,
    key: Key = None,
    wait: Annotated[bool, typer.Option(help="Stay until they are on the bus")] = True,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send events once more, from the service's own log; whoever applied one already passes over it."""
    where = told_by(service, since, type_, key)
    count = act(service, lambda running: running.store.outbox.count_sent(where))
    if not dry_run and count:
        agree(f"Send {count} events of {service} once more?", yes=yes)
        act(service, lambda running: _replay(running, where, count, wait=wait))
    said = {"service": service, "events": count, "dry_run": dry_run}
    show(said, f"{count} events {'would be' if dry_run else 'are'} sent once more.", as_json=as_json)


def told_by(service: str, since: datetime, kind: str | None, key: str | None) -> Document:
    """Say which rows of the event log are meant."""
    where: Document = {"at": {"$gte": since}, "topic": {"$ne": dead_letters(service)}}
    for name, pattern in (("headers.ce_type", kind), ("key", key)):
        if pattern is not None:
            where[name] = {"$regex": f"^{'.*'.join(map(_escaped, pattern.split('*')))}$"} if "*" in pattern else pattern
    return where


def _escaped(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-/" else f"\\{letter}" for letter in text)


async def _replay(running: Service[Any], where: Document, whole: int, *, wait: bool) -> None:
    outbox, marked = running.store.outbox, 0
    with progress("marked") as told:
        async for some in outbox.send_again(where):
            told(marked := marked + some, max(marked, whole))
    if wait:
        with progress("on the bus") as told:
            await _drained(running, lambda depth: told(max(0, marked - depth), marked))


async def _drained(running: Service[Any], told: Any) -> None:
    moved, before = time.monotonic(), -1
    while depth := await running.store.outbox.depth():
        if depth != before:
            moved, before = time.monotonic(), depth
        if time.monotonic() - moved > STUCK:
            typer.echo(f"{depth} rows wait and none leaves. Does a worker of {running.name} run?", err=True)
            return
        told(depth)
        await asyncio.sleep(0.2)
