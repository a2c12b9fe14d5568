"""How the stores grow, and what the services hold: `python -m benchmarks.growth --mentorships 30`.

Plays whole mentorships, from sign-up to both installments and the letter, each with a mentor, a mentee, a project, a
term and one application of its own, and says what is left of each in every store, by collection, and what each process
holds.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

import httpx
from pymongo import MongoClient

from benchmarks.measured import Measured, resident, show
from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform

AT_ONCE: Final = 2
LARGEST: Final = 5
"""Collections that are named of each service."""
Sizes = dict[str, Counter[str]]


def sizes(client: "MongoClient[dict[str, Any]]") -> Sizes:
    """Bytes by service and collection, its indexes aside, and these as one."""
    found: Sizes = {}
    for service in SERVICES:
        found[service] = Counter()
        for name in client[service].list_collection_names():
            (stats,) = client[service][name].aggregate([{"$collStats": {"storageStats": {}}}])
            found[service][name] += stats["storageStats"]["size"]
            found[service]["indexes"] += stats["storageStats"]["totalIndexSize"]
    return found


def held(platform: Platform) -> dict[str, float]:
    return {name: resident(platform.pid(name)) for name in SERVICES}


async def play(platform: Platform, count: int) -> None:
    remaining = iter(range(count))

    async def play_on(http: httpx.AsyncClient) -> None:
        for _ in remaining:
            journey: Journey = seed.journey(platform, http)
            for step in journey.steps:
                await step.take()

    async with httpx.AsyncClient(timeout=60) as http:
        await asyncio.gather(*(play_on(http) for _ in range(AT_ONCE)))


def measure(platform: Platform, count: int) -> list[Measured]:
    client: MongoClient[dict[str, Any]] = MongoClient(platform.addresses.mongodb_uri)
    asyncio.run(play(platform, AT_ONCE))  # what is only there once is there
    before, idle = sizes(client), held(platform)
    asyncio.run(play(platform, count))
    after, worked = sizes(client), held(platform)
    client.close()
    rows = []
    for service in SERVICES:
        grown = after[service] - before[service]
        documents = sum(size for name, size in grown.items() if name != "indexes")
        rows.append(Measured(f"{service}: documents of 1,000 mentorships", documents / count * 1000 / 2**20, "MiB"))
        largest = [(name, size) for name, size in grown.most_common() if name != "indexes"][:LARGEST]
        rows += [Measured(f"    {name}", size / count * 1000 / 2**20, "MiB") for name, size in largest]
        rows.append(Measured(f"{service}: held at rest", idle[service], "MiB"))
        rows.append(Measured(f"{service}: held after {count} mentorships", worked[service], "MiB"))
    return rows


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--mentorships", type=int, default=30)
    count: int = words.parse_args().mentorships
    with tempfile.TemporaryDirectory(prefix="mentorship-growth-") as folder, Platform.start(Path(folder)) as platform:
        seed.create(platform, seed.STAFF, "staff")
        seed.create(platform, seed.FINANCE, "finance")
        seed.set_up_second_factors(platform)
        show(measure(platform, count))


if __name__ == "__main__":
    main()
