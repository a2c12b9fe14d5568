"""The audit trail of a service: who did what, and whether anybody laid hands on that."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from services.chassis.auditing import Auditor, Finding
from services.chassis.service import Service
from services.operators import AsJson, ServiceName, act, instant, show

audit = typer.Typer(no_args_is_help=True, help="The audit trail: who did what, when, why and from where.")


def _told(text: str) -> tuple[int, str]:
    number, colon, hash = text.partition(":")
    if not (colon and number.isdecimal() and hash):
        raise typer.BadParameter(f"{text!r} is no head. Take number and hash of a log line `audit head`: 1234:abcd...")
    return int(number), hash


@audit.command("verify")
def verify_trail(
    service: ServiceName,
    *,
    head: Annotated[
        list[Any] | None, typer.Option(parser=_told, help="A head that the log told earlier, NUMBER:HASH; repeatable")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk along every note and its hash; ends with 1 where one was changed, taken away or added."""
    earlier = dict(head or [])
    finding = act(service, lambda running: _verified(running, earlier))
    show({"service": service, **asdict(finding)}, f"{service}: {_words(finding)}", as_json=as_json)
    if finding.fault:
        raise typer.Exit(1)


async def _verified(running: Service[Any], told: dict[int, str]) -> Finding:
    return await Auditor(running.store.database, running.store.audit, told).verify()


def _words(finding: Finding) -> str:
    if finding.fault:
        return f"BROKEN. {finding.fault}"
    return (
        f"{finding.notes} notes, sound; {finding.unsealed} wait to be sealed, "
        f"{finding.forgotten} were emptied for somebody who was erased. Last hash {finding.head or 'none'}."
    )


@audit.command("export")
def export_trail(
    service: ServiceName,
    *,
    since: Annotated[
        datetime | None, typer.Option(parser=instant, help="An instant (2026-03-01T12:00:00Z) or an age (15m, 2h)")
    ] = None,
    about: Annotated[str | None, typer.Option(help="What an account did and what is about it, by its id")] = None,
) -> None:
    """Write the notes as JSON, one a line, the oldest first."""
    act(service, lambda running: _written(running, since, about))


async def _written(running: Service[Any], since: datetime | None, about: str | None) -> None:
    async for note in running.store.audit.each(since=since, about=about):
        show(_plain(note), "", as_json=True)


def _plain(note: dict[str, Any]) -> dict[str, Any]:
    """Write the note as it is kept, with its salts: so whoever has the export can check the hashes too."""
    return {"id": note["_id"], **{name: value for name, value in note.items() if name != "_id"}}
