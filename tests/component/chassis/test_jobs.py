"""Work that goes on by itself: one replica at a time, woken from near and far, and seen when it stops."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from deploy.local.platform import Platform
from services.chassis import jobs
from services.chassis.jobs import Job, NotNow
from services.chassis.mongo import Database
from services.chassis.store import Store
from tests.component.chassis.tally import new, raised, tallies
from tests.support.waiting import eventually


class Worker:
    """A replica's job that notes who works; `together` is how many were ever at it at once."""

    working = 0
    together = 0

    def __init__(self) -> None:
        self.times = 0
        self.job = Job("count", self.work, pause=0.01)

    async def work(self) -> bool:
        Worker.working += 1
        Worker.together = max(Worker.together, Worker.working)
        self.times += 1
        await asyncio.sleep(0.01)
        Worker.working -= 1
        return True

    async def worked(self) -> bool:
        return self.times > 10


async def test_of_two_replicas_one_works_and_the_other_takes_over_when_it_stops(store: Store):
    workers, stops = [Worker(), Worker()], [asyncio.Event(), asyncio.Event()]
    running = [asyncio.create_task(worker.job.run(store, stop)) for worker, stop in zip(workers, stops, strict=True)]

    async def one_works() -> int:
        return sum(await asyncio.gather(*(worker.worked() for worker in workers)))

    await eventually(one_works, what="the first worker")
    first = 0 if workers[0].times else 1
    assert workers[1 - first].times == 0
    stops[first].set()
    await eventually(workers[1 - first].worked, what="the other worker")
    stops[1 - first].set()
    await asyncio.gather(*running)
    assert Worker.together == 1


@pytest.fixture
async def elsewhere(store: Store, platform: Platform) -> AsyncIterator[Store]:
    """The same store, as another process has it."""
    other = Store(Database(platform.addresses.mongodb_uri, store.database.name))
    yield other
    other.database.close()


async def test_a_commit_of_another_process_wakes_who_watches(store: Store, elsewhere: Store):
    repository, woken, stopping = await tallies(elsewhere), store.database.watch("outbox"), asyncio.Event()
    listening = asyncio.create_task(store.database.wake_from_elsewhere("outbox", stopping))

    async def woken_by_another() -> bool:
        await repository.add(raised(new()))
        return woken.is_set()

    await eventually(woken_by_another, what="the wake-up")
    assert woken.is_set()
    stopping.set()
    await listening


async def test_a_job_that_rests_for_long_stops_at_once(store: Store):
    rested, stopping = asyncio.Event(), asyncio.Event()

    async def work() -> bool:
        rested.set()
        return False

    running = asyncio.create_task(Job("count", work, pause=600).run(store, stopping))
    await rested.wait()
    stopping.set()
    await asyncio.wait_for(running, 60)


async def test_a_job_that_cannot_work_or_hangs_for_long_is_not_well(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "PATIENCE", 0.2)
    going, stopping = asyncio.Event(), asyncio.Event()
    going.set()

    async def work() -> bool:
        if not going.is_set():
            raise NotNow
        return False

    job = Job("count", work, pause=0.01)
    assert not job.well
    running = asyncio.create_task(job.run(store, stopping))

    async def well() -> bool:
        return job.well

    async def unwell() -> bool:
        return not job.well

    await eventually(well, what="the start")
    going.clear()
    await eventually(unwell, what="notice")
    going.set()
    await eventually(well, what="the return")
    stopping.set()
    await running
    await eventually(unwell, what="notice of the end")
