"""A consumer that stopped itself after too many dead letters, and is to go on."""

from typing import Any

import typer

from services.chassis.mongo import Document
from services.chassis.service import Service
from services.operators import AsJson, ServiceName, Yes, act, agree, show

consumers = typer.Typer(no_args_is_help=True, help="What listens to the bus.")


@consumers.callback()
def listening() -> None:
    """Keep `resume` a word of its own: typer drops the name of an only command."""


@consumers.command("resume")
def resume_consumer(service: ServiceName, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Let a paused consumer go on where it stopped, after the cause of its dead letters was mended."""

    async def look(running: Service[Any]) -> Document | None:
        return await running.brake.paused()

    pause = act(service, look)
    if pause is None:
        show({"service": service, "paused": False}, f"{service} is not paused.", as_json=as_json)
        return
    agree(f"{service} is paused since {pause['since'].isoformat()}: {pause['reason']}. Is that mended?", yes=yes)
    act(service, lambda running: running.brake.release())
    show({"service": service, "resumed": True}, f"{service} goes on.", as_json=as_json)
