"""What becomes of messages: applied together, or one by one, tried again after a fault, or set aside."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from services.chassis import metrics
from services.chassis.backoff import pause
from services.chassis.brake import Brake
from services.chassis.domain import Refusal
from services.chassis.inbox import Apply, Inbox, reason_of
from services.chassis.messages import Message, Unreadable
from services.chassis.mongo import StoreAway

log = structlog.get_logger()

ATTEMPTS: Final = 3
LANES: Final = 4
"""Transactions at the same time."""
TOGETHER: Final = 50
"""Messages in one transaction, at the most."""


class Settler:
    """Settles batches: keys go side by side, each in its order; only a culprit is set aside."""

    def __init__(self, inbox: Inbox, apply: Apply, brake: Brake) -> None:
        self._inbox = inbox
        self._apply = apply
        self._brake = brake

    async def settle(self, messages: Sequence[Message]) -> None:
        """Come back when each was applied, passed over, waits, or was set aside; or at once when the brake came on."""
        async with asyncio.TaskGroup() as group:
            for share in _shares(messages):
                group.create_task(self._work_off(share))

    async def catch_up(self, lanes: Collection[str] | None = None) -> None:
        """Settle those that wait in the store and whose turn it is."""
        while not self._brake.on and (due := await self._inbox.due(lanes)):
            for message in due:
                await self._settle_one(message)

    async def _work_off(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), TOGETHER):
            some = messages[start : start + TOGETHER]
            if not await self._settle_together(some):
                for message in some:
                    await self._settle_one(message)
            await self._catch_up_patiently({message.lane for message in some})

    async def _settle_together(self, messages: Sequence[Message]) -> bool:
        """Apply all in one transaction; False where one of them does not let the others pass."""
        if len(messages) == 1 or self._brake.on:
            return False
        try:
            outcomes = await self._inbox.receive(messages, self._apply)
        except Exception as error:  # noqa: BLE001 - each is tried by itself, and there the reason counts
            log.info("not together", messages=len(messages), error=type(error).__name__)
            return False
        for message, outcome in zip(messages, outcomes, strict=True):
            self._account(message, outcome)
        return True

    async def _settle_one(self, message: Message) -> None:
        attempt, since = 1, datetime.now(UTC)
        while not self._brake.on:
            try:
                (outcome,) = await self._inbox.receive([message], self._apply)
            except StoreAway:
                metrics.RETRIES.labels(message.topic).inc()
                await asyncio.sleep(pause(attempt := min(attempt + 1, 6)))
            except (Refusal, Unreadable) as error:
                return await self._set_aside(message, error, attempt, since)
            except Exception as error:
                if attempt >= ATTEMPTS:
                    log.exception("message set aside", topic=message.topic, key=message.key)
                    return await self._set_aside(message, error, attempt, since)
                metrics.RETRIES.labels(message.topic).inc()
                await asyncio.sleep(pause(attempt))
                attempt += 1
            else:
                return self._account(message, outcome)

    async def _set_aside(self, message: Message, error: Exception, attempts: int, since: datetime) -> None:
        reason = reason_of(error)
        log.error("dead letter", topic=message.topic, key=message.key, place=message.place, reason=reason)
        while True:
            try:
                await self._inbox.set_aside(message, reason, attempts, since)
            except StoreAway:
                await asyncio.sleep(pause(3))
            else:
                return self._brake.count(set_aside=True)

    async def _catch_up_patiently(self, lanes: Collection[str]) -> None:
        while True:
            try:
                return await self.catch_up(lanes)
            except StoreAway:
                await asyncio.sleep(pause(3))

    def _account(self, message: Message, outcome: str) -> None:
        metrics.CONSUMED.labels(message.topic, outcome).inc()
        if outcome == "applied":
            self._brake.count(set_aside=False)


def _shares(messages: Sequence[Message]) -> list[list[Message]]:
    """Split among the lanes so that one key is in one of them, in its order."""
    of_key: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        of_key[message.lane].append(message)
    shares: list[list[Message]] = [[] for _ in range(LANES)]
    for some in of_key.values():
        min(shares, key=len).extend(some)
    return [share for share in shares if share]
