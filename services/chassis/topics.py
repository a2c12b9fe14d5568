"""Reading topics from outside any consumer group: nobody's position moves by it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from contracts.catalog import TOPICS
from services.chassis.broker import Broker
from services.chassis.messages import Message

PATIENCE: Final = 30.0
"""Seconds for which a broker that gives nothing is waited for."""
SKEW: Final = timedelta(minutes=10)
"""How far the broker's clock may be from that of whoever told an event."""

NOT_ALLOWED: Final = (ClusterAuthorizationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError)


class BrokerAway(ConnectionError):
    """The broker cannot be reached, or stopped answering."""


def not_served(broker: Broker, error: Exception) -> BrokerAway:
    """Say why the broker did not do what it was asked."""
    if isinstance(error, NOT_ALLOWED):
        return BrokerAway(f"The broker at {broker} does not let {broker.username or 'who does not sign in'} do this.")
    if isinstance(error, AuthenticationFailedError):
        return BrokerAway(f"The broker at {broker} does not let {broker.username} in: is the password right?")
    return BrokerAway(f"The broker at {broker} cannot be reached: {type(error).__name__}.")


class Topics:
    """Some topics, read side by side."""

    def __init__(self, consumer: Any, partitions: Sequence[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    async def up_to_now(self) -> AsyncIterator[list[Message]]:
        """Give all there is at this moment, batch by batch. Raises `BrokerAway`."""
        ends = await self._consumer.end_offsets(self._partitions)
        heard = time.monotonic()
        while await self._is_behind(ends):
            if batch := await self._batch():
                heard = time.monotonic()
                yield batch
            elif time.monotonic() - heard > PATIENCE:
                raise BrokerAway(f"The broker gave nothing for {PATIENCE:.0f} s.")

    async def for_ever(self) -> AsyncIterator[list[Message]]:
        """Give what there is, then what comes."""
        while True:
            if batch := await self._batch():
                yield batch

    async def length(self) -> int:
        """Count the messages that are there at this moment, those compacted away included."""
        ends = await self._consumer.end_offsets(self._partitions)
        positions = [await self._consumer.position(partition) for partition in self._partitions]
        return int(sum(ends.values()) - sum(positions))

    async def _is_behind(self, ends: dict[TopicPartition, int]) -> bool:
        positions = {place: await self._consumer.position(place) for place in self._partitions}
        return any(positions[place] < end for place, end in ends.items())

    async def _batch(self) -> list[Message]:
        records = await self._consumer.getmany(timeout_ms=500, max_records=2000)
        return [Message.of(record) for some in records.values() for record in some]

    async def begin_at(self, since: datetime) -> None:
        """Pass over what the broker got well before that instant."""
        instant = int((since - SKEW).timestamp() * 1000)
        found = await self._consumer.offsets_for_times(dict.fromkeys(self._partitions, instant))
        ends = await self._consumer.end_offsets(self._partitions)
        for partition, place in found.items():
            self._consumer.seek(partition, place.offset if place else ends[partition])


@asynccontextmanager
async def reading(broker: Broker, names: Sequence[str]) -> AsyncIterator[Topics]:
    """Open topics at their beginning. Raises `BrokerAway`."""
    consumer = AIOKafkaConsumer(
        **broker.client,
        group_id=None,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=100,
        request_timeout_ms=10_000,
    )
    try:
        await asyncio.wait_for(consumer.start(), PATIENCE)
        partitions = await _partitions(consumer, names)
        consumer.assign(partitions)
        yield Topics(consumer, partitions)
    except BrokerAway:
        raise
    except (KafkaError, OSError, TimeoutError) as error:
        raise not_served(broker, error) from error
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, names: Sequence[str]) -> list[TopicPartition]:
    known = await consumer.topics()
    if missing := sorted(set(names) - known):
        raise BrokerAway(f"The broker has no topic {', '.join(missing)}: create it by `mentorship topics apply`.")
    counts = {topic.name: topic.partitions for topic in TOPICS}  # the client knows only those of its own topics
    return [TopicPartition(name, number) for name in names for number in range(counts[name])]


async def lag(broker: Broker, group: str, names: Sequence[str]) -> dict[str, int]:
    """Count the messages that a consumer group has not acknowledged, by topic. Raises `BrokerAway`."""
    consumer = AIOKafkaConsumer(**broker.client, group_id=group, enable_auto_commit=False)
    try:
        await asyncio.wait_for(consumer.start(), PATIENCE)
        partitions = await _partitions(consumer, names)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        behind = dict.fromkeys(names, 0)
        for partition in partitions:
            behind[partition.topic] += ends[partition] - (await consumer.committed(partition) or 0)
    except BrokerAway:
        raise
    except (KafkaError, OSError, TimeoutError) as error:
        raise not_served(broker, error) from error
    finally:
        await consumer.stop()
    return behind
