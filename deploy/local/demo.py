"""`make demo`: plays one mentorship against the running platform and shows each step and each event."""

import asyncio
import logging
import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime

import httpx
from rich.console import Console

from deploy.local import seed
from deploy.local.journey.events import passing
from deploy.local.journey.person import WentWrong
from deploy.local.journey.play import Step
from deploy.local.platform import Platform
from deploy.local.run import HOME

LAST_EVENTS = 1.0
"""Seconds for which the events of the last step may still pass."""


def demo() -> None:
    console = Console(highlight=False)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        platform = Platform.attach(HOME)
        asyncio.run(_play(platform, console))
    except (OSError, WentWrong) as error:
        console.print(f"The demo stopped: {error}", markup=False, soft_wrap=True)
        console.print("Is the platform running? Start it in another terminal with: make run")
        sys.exit(1)


async def _play(platform: Platform, console: Console) -> None:
    if not platform.folder.seeded.exists():
        raise WentWrong("Its people are not there yet. Wait until `make run` shows the addresses and sign-ins.")
    began = time.monotonic()
    watching = asyncio.create_task(_show_events(platform, console))
    try:
        async with httpx.AsyncClient(timeout=20) as http:
            for number, step in enumerate(seed.journey(platform, http).steps, 1):
                await _take(step, number, console)
        await asyncio.sleep(LAST_EVENTS)
    finally:
        watching.cancel()
    console.print(f"\nDone in {time.monotonic() - began - LAST_EVENTS:.1f} s. The mails: {platform.addresses.mailbox}/")


async def _take(step: Step, number: int, console: Console) -> None:
    began = time.monotonic()
    with console.status(step.title) if console.is_terminal else nullcontext():
        said = await step.take()
    console.print(f"[bold green]{number:2}[/] [bold]{step.title}[/] [dim]{time.monotonic() - began:.1f} s[/]")
    for line in said.splitlines():
        console.print(f"   {line}", markup=False)


async def _show_events(platform: Platform, console: Console) -> None:
    async for topic, kind, key in passing(platform.addresses.kafka, datetime.now(UTC)):
        console.print(f"   [cyan]→ {topic:<20}[/] [cyan]{kind:<34}[/] [dim]{key}[/]", soft_wrap=True)
