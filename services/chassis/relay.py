"""From the outbox to the bus: at least once, in order per key."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from services.chassis import metrics
from services.chassis.outbox import Outbox, Row

log = structlog.get_logger()

MOST: Final = 500
_partition_of: Final = DefaultPartitioner()


class Relay:
    """Publishes pending rows, one batch in flight per partition; a partition stops at its first failure."""

    def __init__(self, outbox: Outbox, bootstrap_servers: str, *, idempotence: bool) -> None:
        self._outbox = outbox
        self._settings = {"bootstrap_servers": bootstrap_servers, "enable_idempotence": idempotence, "acks": "all"}
        self._producer: Any = None
        self._last: dict[tuple[str, int], int] = {}
        self.connected = False

    async def work(self) -> bool:
        """Publish what is pending; says whether something was. A broker that is away is waited for."""
        try:
            rows = await self._outbox.pending(MOST)
            if rows:
                await self._publish(rows)
            await self._outbox.measure(datetime.now(UTC))
        except (KafkaError, OSError) as error:
            log.warning("broker away", error=type(error).__name__)
            await self.close()
            await asyncio.sleep(0.5)
            return False
        return bool(rows)

    async def close(self) -> None:
        producer, self._producer, self.connected = self._producer, None, False
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), 5)
            except (KafkaError, OSError, TimeoutError):
                log.info("producer abandoned")

    async def _connect(self) -> Any:
        if self._producer is None:
            producer = AIOKafkaProducer(**self._settings, request_timeout_ms=5000, metadata_max_age_ms=30_000)
            await producer.start()
            self._producer, self.connected = producer, True
        return self._producer

    async def _publish(self, rows: Sequence[Row]) -> None:
        producer = await self._connect()
        partitions: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in rows:
            partitions[row.topic, await self._partition(producer, row)].append(row)
        results = await asyncio.gather(
            *(self._send(producer, *where, some) for where, some in partitions.items()), return_exceptions=True
        )
        acknowledged = [id for ids in results if not isinstance(ids, BaseException) for id in ids]
        await self._outbox.published(acknowledged, datetime.now(UTC))
        for failure in results:
            if isinstance(failure, BaseException):
                raise failure

    @staticmethod
    async def _partition(producer: Any, row: Row) -> int:
        partitions = sorted(await producer.partitions_for(row.topic))
        return int(_partition_of(row.key.encode(), partitions, partitions))

    async def _send(self, producer: Any, topic: str, partition: int, rows: Sequence[Row]) -> list[str]:
        """Send as many of the rows as one batch holds; gives the ids that the broker acknowledged."""
        batch = producer.create_batch()
        sent = []
        for row in rows:
            if batch.append(key=row.key.encode(), value=row.value, timestamp=None, headers=list(row.headers)) is None:
                break
            sent.append(row.id)
        acknowledgement = await (await producer.send_batch(batch, topic, partition=partition))
        metrics.PUBLISHED.labels(topic).inc(len(sent))
        await self._notice_a_lost_log(topic, partition, acknowledgement.offset)
        return sent

    async def _notice_a_lost_log(self, topic: str, partition: int, offset: int) -> None:
        """An offset that goes back means that the broker lost its log: everything is sent once more."""
        if offset <= self._last.get((topic, partition), -1):
            self._last.clear()
            log.warning("the broker lost its log, replaying", rows=await self._outbox.replay())
        self._last[topic, partition] = offset
