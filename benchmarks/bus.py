"""How much of the machine is left: commands against raw transactions, and the hand-over from commit to applied."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from uuid6 import uuid7

from deploy.local import seed
from deploy.local.journey.person import Person, until
from deploy.local.platform import Platform
from services.chassis.mongo import Database, IndexModel

CONNECTIONS = 16
SECONDS = 6.0
HAND_OVERS = 300


async def rate(call: Callable[[], Awaitable[Any]]) -> float:
    """Calls a second, from so many connections at once."""
    end, count = time.monotonic() + SECONDS, 0

    async def one() -> None:
        nonlocal count
        while time.monotonic() < end:
            await call()
            count += 1

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return count / SECONDS


async def raw_transactions(platform: Platform) -> float:
    """Two inserts in one transaction, nothing else: what the store can do at the most."""
    database = Database(platform.addresses.mongodb_uri, f"raw_{uuid7().hex}")
    for name in ("states", "events"):
        await database[name].ensure(IndexModel([("at", 1)]))
    payload = "x" * 700

    async def both() -> None:
        id = str(uuid7())
        await database["states"].insert({"_id": id, "payload": payload})
        await database["events"].insert({"_id": id, "payload": payload})

    found = await rate(lambda: database.transaction(both))
    await database.drop()
    database.close()
    return found


async def commands(person: Person) -> float:
    async def draft() -> None:
        answer = await person.http.post(
            f"{person.gateway}/v1/projects",
            json={"name": f"P {uuid7()}", "description": "x" * 400},
            headers={"Authorization": f"Bearer {person.token}"},
        )
        assert answer.status_code == httpx.codes.CREATED, answer.text

    return await rate(draft)


async def hand_overs(platform: Platform, person: Person) -> list[float]:
    """Milliseconds from a commit in projects to its effect in applications, one at a time."""
    ids = []
    for _ in range(HAND_OVERS):
        ids.append((await person.post("/v1/projects", name=f"P {uuid7()}"))["id"])
        await asyncio.sleep(0.02)
    projects, applications = (Database(platform.addresses.mongodb_uri, name) for name in ("projects", "applications"))
    keys = [f"project/{id}" for id in ids]
    told = {row["key"]: row["at"] for row in await projects["outbox"].find({"key": {"$in": keys}, "sequence": 1})}
    marks = {"_id": {"$in": [f"projects.events|{key}" for key in keys]}}

    async def all_applied() -> bool:
        return await applications["inbox"].count(marks) == HAND_OVERS

    await until(all_applied, "the last hand-over")
    applied = {mark["_id"].partition("|")[2]: mark["at"] for mark in await applications["inbox"].find(marks)}
    projects.close()
    applications.close()
    return sorted((applied[key] - told[key]).total_seconds() * 1000 for key in keys)


def resident(pid: int) -> float:
    """MiB that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def measure(platform: Platform) -> list[tuple[str, str]]:
    memory = {name: resident(platform.pid(name)) for name in ("identity", "projects", "applications", "stipends")}
    rows = [(f"resident memory of {name}, idle", f"{mib:.0f} MiB") for name, mib in memory.items()]
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=CONNECTIONS)) as http:
        person = seed.journey(platform, http).administrator
        await person.sign_up()
        await person.sign_in()
        times = await hand_overs(platform, person)
        raw, ours = await raw_transactions(platform), await commands(person)
    p99 = times[int(len(times) * 0.99)]
    rows.append(("commit to applied in the next service, p50 / p99", f"{statistics.median(times):.0f} / {p99:.0f} ms"))
    rows.append(("raw two-insert transactions", f"{raw:.0f} a second"))
    rows.append(("commands through the gateway, with all the rest running", f"{ours:.0f} a second"))
    rows.append(("ratio", f"{ours / raw:.2f}"))
    return rows


def main() -> None:
    table = Table("what", "measured")
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder)) as platform:
        for row in asyncio.run(measure(platform)):
            table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
