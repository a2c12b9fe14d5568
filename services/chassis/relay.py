"""From the outbox to the bus: at least once, in order per key."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from services.chassis import metrics
from services.chassis.backoff import pause
from services.chassis.broker import Broker
from services.chassis.cluster import Cluster
from services.chassis.jobs import NotNow
from services.chassis.outbox import Outbox, Row

log = structlog.get_logger()

MOST: Final = 1000
"""Rows in one round."""
LARGEST_BATCH: Final = 512 * 1024
"""Bytes in one batch, unless a single message is larger; the broker takes 1 MiB."""
LONGEST_PAUSE: Final = 2.0
"""Seconds; less than the lease lasts, so that waiting does not lose it."""
LOOK: Final = 2.0
"""Seconds between looks at the outbox as a whole and at the cluster."""
_partition_of: Final = DefaultPartitioner()


@lru_cache(maxsize=2**14)
def partition_of(key: str, partitions: tuple[int, ...]) -> int:
    """Say where a key belongs, as every Kafka client does; it costs half of what a row costs, and keys come again."""
    return int(_partition_of(key.encode(), partitions, partitions))


class Relay:
    """Publishes pending rows, one batch in flight per partition; a partition stops at its first failure.

    On a cluster that it has not worked with, everything is sent once more: it has nothing, or lost it.
    """

    def __init__(self, outbox: Outbox, cluster: Cluster, broker: Broker, *, idempotence: bool) -> None:
        self._outbox = outbox
        self._cluster = cluster
        self._broker = broker
        self._idempotence = idempotence
        self._producer: Any = None
        self._looked = self._measured = float("-inf")
        self._failures = 0
        """Times in a row that the broker was away."""

    async def work(self) -> bool:
        """Publish what is pending; says whether something was. A broker that is away it awaits, and raises `NotNow`."""
        await self._measure()
        try:
            await self._connect()
            rows = await self._outbox.pending(MOST)
            if rows:
                await self._publish(rows)
        except (KafkaError, OSError) as error:
            self._failures += 1
            log.warning("broker away", error=type(error).__name__, times=self._failures)
            await self.close()
            await asyncio.sleep(pause(self._failures, most=LONGEST_PAUSE))
            raise NotNow from error
        self._failures = 0
        return bool(rows)

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), 5)
            except (KafkaError, OSError, TimeoutError):
                log.info("producer abandoned")

    async def _connect(self) -> None:
        """Have a producer, and see every `LOOK` seconds whether it is still the same cluster."""
        if self._producer is None:
            self._producer, self._looked = await self._new_producer(), float("-inf")
        if time.monotonic() - self._looked > LOOK:
            await self._look_at_the_cluster()

    async def _new_producer(self) -> Any:
        producer = AIOKafkaProducer(
            **self._broker.client,
            enable_idempotence=self._idempotence,
            acks="all",
            request_timeout_ms=5000,
            metadata_max_age_ms=30_000,
            max_batch_size=LARGEST_BATCH,
        )
        try:
            await producer.start()
        except (KafkaError, OSError):
            await producer.stop()
            raise
        return producer

    async def _measure(self) -> None:
        if time.monotonic() - self._measured > LOOK:
            self._measured = time.monotonic()
            await self._outbox.measure(datetime.now(UTC))

    async def _look_at_the_cluster(self) -> None:
        last, now = await self._cluster.last_of("relay"), await self._cluster.id()
        if last != now:
            log.warning("another cluster, sending everything", sent_again=await self._outbox.replay())
            await self._cluster.remember("relay", now)
        self._looked = time.monotonic()

    async def _publish(self, rows: Sequence[Row]) -> None:
        producer = self._producer
        partitions: dict[TopicPartition, list[Row]] = defaultdict(list)
        numbers = {topic: tuple(sorted(await producer.partitions_for(topic))) for topic in {row.topic for row in rows}}
        for row in rows:
            partitions[TopicPartition(row.topic, partition_of(row.key, numbers[row.topic]))].append(row)
        results = await asyncio.gather(
            *(self._send(producer, place, some) for place, some in partitions.items()), return_exceptions=True
        )
        acknowledged = [id for ids in results if not isinstance(ids, BaseException) for id in ids]
        await self._outbox.published(acknowledged, datetime.now(UTC))
        for failure in results:
            if isinstance(failure, BaseException):
                raise failure

    async def _send(self, producer: Any, place: TopicPartition, rows: Sequence[Row]) -> list[str]:
        """Send as many of the rows as one batch holds; gives the ids that the broker acknowledged."""
        batch = producer.create_batch()
        sent = []
        for row in rows:
            if batch.append(key=row.key.encode(), value=row.value, timestamp=None, headers=row.headers) is None:
                break
            sent.append(row.id)
        await (await producer.send_batch(batch, place.topic, partition=place.partition))
        metrics.PUBLISHED.labels(place.topic).inc(len(sent))
        return sent
