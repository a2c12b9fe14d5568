"""Processes killed at random moments under load: whatever was answered stands, and nothing happens twice.

`KILLS` says how many, fifty unless said; `SEED` repeats a run. `make faults` kills a thousand times.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Iterator

import httpx

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from tests.faults.afterwards import ends_whole
from tests.faults.chance import chance
from tests.support.waiting import a_moment

KILLS = int(os.environ.get("KILLS", "50"))
AT_ONCE = 3
"""Mentorships that are played at the same time."""


async def test_processes_killed_at_random_moments_lose_nothing_and_repeat_nothing(whole: Platform):
    remaining, over = iter(range(KILLS)), asyncio.Event()
    async with httpx.AsyncClient(timeout=20) as http:
        async with asyncio.TaskGroup() as group:
            players = [group.create_task(play_on(whole, http, over)) for _ in range(AT_ONCE)]
            await asyncio.wait([group.create_task(kill_on(whole, service, remaining)) for service in SERVICES])
            over.set()
        played = list(itertools.chain(*(player.result() for player in players)))

        assert len(played) >= AT_ONCE
        await ends_whole(whole, played)
    print(f"{KILLS} kills, {len(played)} mentorships whole")  # noqa: T201 - the number that counts


async def kill_on(whole: Platform, service: str, remaining: Iterator[int]) -> None:
    """Kill one service again and again, each time at some moment of its start or its work.

    On average it lives, once it is ready, for as long as its start took, so that on any machine there is work to break.
    """
    decided, life = chance(f"kills of {service}"), 3.0
    for _ in remaining:
        await a_moment(decided.expovariate(1 / life))
        await asyncio.to_thread(whole.kill, service)
        whole.start_process(service)
        if decided.random() < 0.8:  # else it may die again before it is ready
            began = time.monotonic()
            await asyncio.to_thread(whole.wait_ready, service)
            life = time.monotonic() - began
    await asyncio.to_thread(whole.wait_ready, service)


async def play_on(whole: Platform, http: httpx.AsyncClient, over: asyncio.Event) -> list[Journey]:
    """Play one mentorship after the other; the last is played to its end in peace."""
    played = []
    while not over.is_set():
        journey = seed.journey(whole, http)
        for step in journey.steps:
            await step.take()
        played.append(journey)
    return played
