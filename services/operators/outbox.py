"""The events of committed changes that are not on the bus yet."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import typer

from services.chassis.leases import held
from services.chassis.service import Service
from services.operators import AsJson, ServiceName, act, show

outbox = typer.Typer(no_args_is_help=True, help="Events on their way to the bus.")


@outbox.callback()
def outboxes() -> None:
    """Keep `status` a word of its own: typer drops the name of an only command."""


@outbox.command("status")
def outbox_status(service: ServiceName, *, as_json: AsJson = False) -> None:
    """Show how many events wait, for how long, how fast they leave, and which process sends them."""
    row = act(service, status)
    words = [
        f"{row['depth']} events wait; the oldest was committed {row['age_seconds']:.1f} s ago.",
        f"{row['per_second']:.0f} a second left in the last second.",
        *(f"{lease['name']}: {lease['holder']}" for lease in row["leases"]),
    ]
    show(row, "\n".join(words if row["leases"] else [*words, "Nobody sends them: no worker runs."]), as_json=as_json)


async def status(running: Service[Any]) -> dict[str, Any]:
    """Look twice, a second apart where something waits."""
    rows, began = running.store.outbox, time.monotonic()
    before, oldest, told_before = await rows.depth(), await rows.oldest(), await rows.told()
    if before:
        await asyncio.sleep(1)
    depth, came = await rows.depth(), await rows.told() - told_before
    left = (before + came - depth) / max(time.monotonic() - began, 0.001) if before else 0.0
    return {
        "service": running.name,
        "depth": depth,
        "age_seconds": (datetime.now(UTC) - oldest).total_seconds() if oldest and depth else 0.0,
        "per_second": max(0.0, left),
        "leases": [
            {"name": lease["_id"], "holder": lease["holder"], "until": lease["until"]}
            for lease in await held(running.store.database)
            if lease["_id"].startswith("relay")
        ],
    }
