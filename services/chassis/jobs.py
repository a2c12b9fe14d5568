"""Work that goes on by itself: loops that one replica runs at a time, woken by commits, caught up after downtime."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from services.chassis.leases import Lease
from services.chassis.mongo import StoreAway
from services.chassis.store import Store

log = structlog.get_logger()


@dataclass
class Job:
    """`work` does what is due and says whether there is more; it runs under a lease and must bear repetition."""

    name: str
    work: Callable[[], Awaitable[bool]]
    watches: str = ""
    """The collection whose commits wake it; without one it looks every `pause` seconds."""
    pause: float = 1.0
    healthy: bool = False
    """The last look went well, or another replica has the lease."""

    async def run(self, store: Store, stopping: asyncio.Event) -> None:
        """Work until stopping, then give the lease back."""
        lease = Lease(store.database, self.name)
        woken = store.database.watch(self.watches) if self.watches else asyncio.Event()
        try:
            while not stopping.is_set():
                await self._once(lease, woken)
        finally:
            await self._let_go(lease)

    async def _once(self, lease: Lease, woken: asyncio.Event) -> None:
        try:
            more = await lease.hold() and await self.work()
            self.healthy = True
        except StoreAway:
            self.healthy, more = False, False
        except Exception:
            log.exception("job failed", job=self.name)
            self.healthy, more = False, False
        if not more:
            await self._rest(woken)

    async def _rest(self, woken: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(woken.wait(), self.pause)
            await asyncio.sleep(0.01)  # gathers what a burst of commits leaves
        except TimeoutError:
            pass
        woken.clear()

    async def _let_go(self, lease: Lease) -> None:
        try:
            await lease.release()
        except StoreAway:
            log.info("lease not released, it will run out", job=self.name)
