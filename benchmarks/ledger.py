"""How fast money is booked, against raw transactions of the same run; and what a long ledger costs to read."""

import asyncio
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from uuid6 import uuid7

from benchmarks.bus import rate, raw_transactions
from contracts.ids import ActorId, ProjectId
from contracts.money import Money
from deploy.local.platform import Platform
from services.chassis.domain import Actor, Change
from services.chassis.service import Service
from services.stipends import app as rooms
from services.stipends.domain.ledger import Budget, book, deposit
from services.stipends.store import StipendsStore

PROJECTS = 16
ENTRIES = 100_000
LOOKS = 200
FAY = Actor(ActorId(str(uuid7())), frozenset({"finance"}))


async def known_projects(service: Service[StipendsStore]) -> list[ProjectId]:
    """Let stipends know of so many projects, as if projects had told."""
    ids = [ProjectId(str(uuid7())) for _ in range(PROJECTS)]
    for id in ids:
        picture = {"name": "Kernel", "status": "published", "administrators": [], "mentors": [], "sequence": 1}
        await service.store.database["known_projects"].insert({"_id": id, **picture})
    return ids


async def deposits(service: Service[StipendsStore]) -> float:
    """Postings a second, each with its budget, its hash and its event, over several projects."""
    projects = itertools.cycle(await known_projects(service))

    async def one() -> None:
        at = datetime.now(UTC)
        await service.data.deposit(
            str(uuid7()), next(projects), Money(amount_minor=100), reference="r", sponsor=None, by=FAY, at=at
        )

    return await rate(one)


async def long_ledger(service: Service[StipendsStore]) -> ProjectId:
    """Give a project with so many entries, chained as they would be."""
    (id, *_) = await known_projects(service)
    budget, rows = Budget(id=id), []
    for number in range(ENTRIES // 2):
        posting = deposit(f"{id}.{number}", id, Money(amount_minor=100), reference="r", by=FAY, at=datetime.now(UTC))
        budget = book(budget, posting).state
        document = posting.model_dump()
        rows.append({"_id": document.pop("id"), "number": budget.sequence, "hash": budget.head, **document})
    for begin in range(0, len(rows), 10_000):
        await service.store.database["postings"].insert_many(rows[begin : begin + 10_000])
    await service.data.budgets.add(Change(budget))
    return id


async def median(look: Callable[[], Awaitable[Any]], times: int) -> float:
    """Milliseconds of the middle one of so many looks."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await look()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def measure(platform: Platform) -> list[tuple[str, str]]:
    os.environ.update(platform.environment("stipends"))
    service = rooms.build(rooms.Settings.from_environment())
    await service.store.prepare()
    await service.prepare()
    raw, ours = await raw_transactions(platform), await deposits(service)
    id = await long_ledger(service)
    balance = await median(lambda: service.data.budgets.of(id), LOOKS)
    statement = await median(lambda: service.data.statement(id, None, None, None), 5)
    began = time.perf_counter()
    finding = await service.data.auditor.verify(id)
    verified = time.perf_counter() - began
    assert finding.fault is None, finding
    service.store.database.close()
    return [
        ("raw two-insert transactions", f"{raw:.0f} a second"),
        ("postings, with budget, hash and event", f"{ours:.0f} a second"),
        ("ratio", f"{ours / raw:.2f}"),
        (f"balance of a project with {ENTRIES:,} entries, median", f"{balance:.1f} ms"),
        ("its statement, derived from every posting", f"{statement:.0f} ms"),
        ("its whole chain verified", f"{verified:.1f} s"),
    ]


def main() -> None:
    table = Table("what", "measured")
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), ("mongod",)) as platform:
        for row in asyncio.run(measure(platform)):
            table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
