"""Messages that were set aside: which there are, why, and what becomes of them."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from services.chassis.mongo import Document, StoreAway
from services.chassis.service import Service
from services.operators import AsJson, DryRun, ServiceName, Yes, act, ago, agree, show

dead_letters = typer.Typer(no_args_is_help=True, help="Messages that could not be applied.")

Id = Annotated[str, typer.Argument(help="As `list` shows it")]


@dead_letters.command("list")
def list_dead_letters(service: ServiceName, *, as_json: AsJson = False) -> None:
    """Show what was set aside, and why."""
    now = datetime.now(UTC)
    for letter in act(service, lambda running: running.inbox.dead_letters()):
        row = _row(letter)
        words = [row["id"], row["type"], row["reason"], f"{_times(row['attempts'])}, {ago(letter['since'], now)}"]
        show(row, "\n  ".join(words), as_json=as_json)


@dead_letters.command("show")
def show_dead_letter(service: ServiceName, id: Id, *, as_json: AsJson = False) -> None:
    """Show one whole: what it says, why it was set aside, what waits behind it, and what can be done."""
    letter, behind = act(service, lambda running: _with_those_behind(running, id))
    row = _row(letter) | {"waiting_behind": behind, "place": letter["place"], "topic": letter["topic"]}
    content = _content(letter["value"])
    show(row | {"event": content}, "\n".join(_told(service, letter, behind, content)), as_json=as_json)


@dead_letters.command("retry")
def retry_dead_letter(service: ServiceName, id: Id, *, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Apply one after all, and then what waited behind it. Ends with 1 where it still cannot be applied."""
    fault = act(service, lambda running: _retry(running, id, dry_run=dry_run))
    done = "It could be applied." if dry_run else "Applied."
    show(
        {"id": id, "applied": not (fault or dry_run), "dry_run": dry_run, "fault": fault},
        fault or done,
        as_json=as_json,
    )
    if fault:
        raise typer.Exit(1)


@dead_letters.command("discard")
def discard_dead_letter(
    service: ServiceName, id: Id, *, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Pass over one for good, and then apply what waited behind it."""
    letter, behind = act(service, lambda running: _with_those_behind(running, id))
    if not dry_run:
        agree(f"Pass over {id} ({_row(letter)['type']}) for good? {behind} wait behind it.", yes=yes)
        act(service, lambda running: running.inbox.discard(id, running.apply))
    words = f"It would be passed over, and {behind} behind it applied." if dry_run else "Discarded."
    show({"id": id, "discarded": not dry_run, "dry_run": dry_run, "waiting_behind": behind}, words, as_json=as_json)


async def _with_those_behind(running: Service[Any], id: str) -> tuple[Document, int]:
    letter = await running.inbox.dead_letter(id)
    return letter, await running.inbox.count_behind(letter)


async def _retry(running: Service[Any], id: str, *, dry_run: bool) -> str:
    """Say why it cannot be applied, or nothing."""
    await running.inbox.dead_letter(id)
    try:
        await (running.inbox.rehearse if dry_run else running.inbox.retry)(id, running.apply)
    except StoreAway:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the operator is to read it
        return f"It cannot be applied: {type(error).__name__}: {error}"
    return ""


def _row(letter: Document) -> dict[str, Any]:
    return {
        "id": letter["_id"],
        "type": letter["headers"].get("ce_type", "?"),
        "key": letter["key"],
        "sequence": letter["sequence"],
        "reason": letter["reason"],
        "attempts": letter.get("attempts", 1),
        "since": letter["since"],
        "trace": letter.get("trace"),
    }


def _content(value: bytes) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value.decode(errors="replace")


def _told(service: str, letter: Document, behind: int, content: Any) -> list[str]:
    row = _row(letter)
    name, _, _ = row["reason"].partition(":")
    return [
        row["id"],
        f"  is        {row['type']} about {row['key']}, the event number {row['sequence'] or '?'} of it",
        f"  came      from {letter['topic']}, partition/offset {letter['place']}",
        f"  failed    {_times(row['attempts'])}, first at {row['since'].isoformat(timespec='seconds')}",
        f"  because   {row['reason']}",
        f"  trace     {row['trace'] or 'none'}; {service}'s log has the lines of it",
        f"  behind it {behind} later messages about the same thing wait; all others go on",
        f"  to do     {_advice(name)}",
        f"  then      mentorship dead-letters retry {service} '{row['id']}'",
        f"  or, if it is never to be applied: mentorship dead-letters discard {service} '{row['id']}'",
        json.dumps(content, indent=2, ensure_ascii=False),
    ]


def _advice(reason: str) -> str:
    if reason == "Unreadable":
        return "It is not what its contract says, or of a version this release does not know: update this service."
    return "Find the cause by the reason and the trace, mend it (a release, or data), try with --dry-run."


def _times(attempts: int) -> str:
    return "tried once" if attempts == 1 else f"tried {attempts} times"
