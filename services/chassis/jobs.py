"""Work that goes on by itself: loops that one replica runs at a time, woken by commits, caught up after downtime."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from services.chassis.leases import Lease
from services.chassis.mongo import StoreAway
from services.chassis.store import Store

log = structlog.get_logger()

PATIENCE: Final = 15.0
"""Seconds without a look that went well, after which a job is not well."""


class NotNow(Exception):
    """What the work needs is away, which it has told; it is to be tried again soon."""


@dataclass
class Job:
    """`work` does what is due and says whether there is more; it runs under a lease and must bear repetition."""

    name: str
    work: Callable[[], Awaitable[bool]]
    watches: str = ""
    """The collection whose commits wake it; without one it looks every `pause` seconds."""
    pause: float = 1.0
    lost: Callable[[], None] = lambda: None
    """Called at each look while another replica has the lease: what it tells meanwhile is not to be told here too."""
    only_reads: bool = False
    """It goes on in read-only mode."""
    _went_well: float = field(default=float("-inf"), init=False)

    @property
    def well(self) -> bool:
        """Say whether a look went well lately, or another replica had the lease: else it fails, hangs or has ended."""
        return time.monotonic() - self._went_well < PATIENCE

    async def run(self, store: Store, stopping: asyncio.Event) -> None:
        """Work until stopping, then give the lease back."""
        lease = Lease(store.database, self.name)
        woken = store.database.watch(self.watches) if self.watches else asyncio.Event()
        try:
            while not stopping.is_set():
                await self._once(lease, woken, stopping)
        finally:
            await self._let_go(lease)

    async def _once(self, lease: Lease, woken: asyncio.Event, stopping: asyncio.Event) -> None:
        try:
            holds = await lease.hold()
            more = holds and await self.work()
            if not holds:
                self.lost()
            self._went_well = time.monotonic()
        except (StoreAway, NotNow):
            more = False
        except Exception:
            log.exception("job failed", job=self.name)
            more = False
        if not more:
            await self._rest(woken, stopping)

    async def _rest(self, woken: asyncio.Event, stopping: asyncio.Event) -> None:
        waiting = [asyncio.create_task(event.wait()) for event in (woken, stopping)]
        try:
            await asyncio.wait(waiting, timeout=self.pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        if woken.is_set():
            await asyncio.sleep(0.01)  # gathers what a burst of commits leaves
        woken.clear()

    async def _let_go(self, lease: Lease) -> None:
        try:
            await lease.release()
        except StoreAway:
            log.info("lease not released, it will run out", job=self.name)
