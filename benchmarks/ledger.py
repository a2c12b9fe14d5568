"""How fast money is booked, against raw transactions of the same run; and what a long ledger costs to read.

`python -m benchmarks.ledger [--scale 0.1]`
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from uuid6 import uuid7

from benchmarks.measured import Measured, draw, show
from benchmarks.raw import AT_ONCE, rate, two_inserts
from contracts.ids import ActorId, ProjectId
from contracts.money import Money
from deploy.local.platform import Platform
from services.chassis.domain import Actor, Change
from services.chassis.service import Service
from services.stipends import app as rooms
from services.stipends.domain.ledger import Budget, Posting, book, deposit
from services.stipends.store import StipendsStore

ENTRIES = 100_000
LOOKS = 200
ROUNDS = 4
FAY = Actor(ActorId(str(uuid7())), frozenset({"finance"}))


async def known_projects(service: Service[StipendsStore], count: int) -> list[ProjectId]:
    """Let stipends know of so many projects, as if projects had told."""
    ids = [ProjectId(str(uuid7())) for _ in range(count)]
    for id in ids:
        picture = {"name": "Kernel", "status": "published", "administrators": [], "mentors": [], "sequence": 1}
        await service.store.database["known_projects"].insert({"_id": id, **picture})
    return ids


def money(id: str, project_id: ProjectId) -> Posting:
    return deposit(id, project_id, Money(amount_minor=100), reference="r", by=FAY, at=datetime.now(UTC))


async def postings(service: Service[StipendsStore], uri: str, scale: float) -> list[Measured]:
    """Deposits, each with its budget, its hash and its event, to as many projects as there are at once."""

    async def one(project: ProjectId) -> None:
        await service.data.fund(money(str(uuid7()), project))

    calls = [partial(one, project) for project in await known_projects(service, AT_ONCE)]
    booked, raws = [], []
    async with two_inserts(uri) as raw:
        await asyncio.gather(raw(1), rate(calls, 1))  # so that everything is warm
        for _ in range(ROUNDS):
            raws.append(await raw(4 * scale))
            booked.append(await rate(calls, 4 * scale))
    shares = [ours / theirs for ours, theirs in zip(booked, raws, strict=True)]
    return [
        Measured("raw two-insert transactions", statistics.median(raws), "a second"),
        Measured("postings, with budget, hash and event", statistics.median(booked), "a second"),
        Measured("postings / raw transactions", statistics.median(shares), "", 0.4),
    ]


async def long_ledger(service: Service[StipendsStore]) -> ProjectId:
    """Give a project with so many entries, chained as they would be."""
    (id,) = await known_projects(service, 1)
    budget, rows = Budget(id=id), []
    for number in range(ENTRIES // 2):
        posting = money(f"{id}.{number}", id)
        budget = book(budget, posting).state
        document = posting.model_dump()
        rows.append({"_id": document.pop("id"), "number": budget.sequence, "hash": budget.head, **document})
    for begin in range(0, len(rows), 10_000):
        await service.store.database["postings"].insert_many(rows[begin : begin + 10_000])
    await service.data.budgets.add(Change(budget))
    return id


async def reading(service: Service[StipendsStore]) -> list[Measured]:
    id = await long_ledger(service)
    of = f"of a project with {ENTRIES:,} entries"
    balance = await median(lambda: service.data.budgets.of(id), LOOKS)
    statement = await median(lambda: service.data.statement(id, None, None, None), 5)
    began = time.perf_counter()
    finding = await service.data.auditor.verify(id)
    assert finding.fault is None, finding
    return [
        Measured(f"balance {of}, median", balance, "ms", 20, at_least=False),
        Measured(f"statement {of}, derived from every posting", statement, "ms"),
        Measured(f"whole chain {of} verified", time.perf_counter() - began, "s"),
    ]


async def median(look: Callable[[], Awaitable[Any]], times: int) -> float:
    """Milliseconds of the middle one of so many looks."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await look()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def measure(platform: Platform, scale: float) -> list[Measured]:
    os.environ.update(platform.environment("stipends"))
    service = rooms.build(rooms.Settings.from_environment())
    await service.store.prepare()
    await service.prepare()
    rows = await postings(service, platform.addresses.mongodb_uri, scale) + await reading(service)
    service.store.database.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0, help="less seconds, for a try")
    scale = parser.parse_args().scale
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), ("mongod",)) as platform:
        rows = asyncio.run(measure(platform, scale))
    show(rows)
    draw(rows, "ledger")


if __name__ == "__main__":
    main()
