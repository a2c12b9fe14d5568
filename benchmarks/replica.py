"""What one replica carries: `python -m benchmarks.replica --seconds 10`.

One process of projects, in the role `all`, is asked by more and more people at once. Its processor time for a request
says more than the rate, for the client and the store run on the same processors; and what it holds is what a limit must
leave.
"""

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx
from uuid6 import uuid7

from benchmarks.measured import Measured, resident, show
from deploy.local import seed
from deploy.local.platform import Platform

NEEDED: Final = ("mongod", "broker", "mailbox", "gateway", "identity", "projects")
PEOPLE: Final = (1, 16, 64)
Ask = tuple[str, str]
COMMAND, READ = ("POST", "/v1/projects"), ("GET", "/v1/projects")


def processor(pid: int) -> float:
    """Seconds of processor time that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def token(platform: Platform) -> str:
    async with httpx.AsyncClient(timeout=60) as http:
        person = seed.journey(platform, http).mentee
        await person.sign_up()
        await person.sign_in()
        return person.token


async def load(url: str, bearer: str, ask: Ask, people: int, seconds: float) -> int:
    """Ask as fast as answers come; gives how many were answered. Fails on any other answer than yes."""
    until, answered = time.monotonic() + seconds, 0

    async def person(http: httpx.AsyncClient) -> None:
        nonlocal answered
        while time.monotonic() < until:
            body = {"name": f"Project {uuid7()}"} if ask is COMMAND else None
            (await http.request(*ask, json=body)).raise_for_status()
            answered += 1

    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {bearer}"}, timeout=60) as http:
        await asyncio.gather(*(person(http) for _ in range(people)))
    return answered


async def measure(platform: Platform, seconds: float) -> list[Measured]:
    bearer, pid = await token(platform), platform.pid("projects")
    rows = [Measured("held at rest", resident(pid), "MiB")]
    for what, ask in (("commands", COMMAND), ("lists read", READ)):
        for people in PEOPLE:
            began, spent = time.monotonic(), processor(pid)
            count = await load(platform.addresses.projects, bearer, ask, people, seconds)
            each = (processor(pid) - spent) / count * 1000
            rows.append(Measured(f"{what}, {people} at once", count / (time.monotonic() - began), "a second"))
            rows.append(Measured(f"    processor time of each, {people} at once", each, "ms"))
            rows.append(Measured(f"    held, {people} at once", resident(pid), "MiB"))
    return rows


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=10)
    seconds: float = words.parse_args().seconds
    with (
        tempfile.TemporaryDirectory(prefix="mentorship-load-") as folder,
        Platform.start(Path(folder), NEEDED) as platform,
    ):
        show(asyncio.run(measure(platform, seconds)))


if __name__ == "__main__":
    main()
