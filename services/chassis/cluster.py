"""Which Kafka cluster it is: one that lost its log comes back with another id, and old positions mean nothing there.

The embedded broker is a new cluster at every start, since it forgets everything when it stops.
"""

import asyncio
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.chassis.broker import Broker
from services.chassis.mongo import Database, IndexModel

log = structlog.get_logger()


class Cluster:
    """Asks the broker for the cluster's id, and remembers in the store which one somebody has been working with."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._known = database["clusters"]
        self._broker = broker
        self._client: Any = None
        self._asking = asyncio.Lock()
        self.well = False
        """Whether the broker answered when it was last asked."""

    async def prepare(self) -> None:
        await self._known.ensure(IndexModel([("cluster", 1)]))

    async def id(self) -> str:
        """Ask the broker. Raises `KafkaError` or `OSError` while it is away."""
        async with self._asking:
            try:
                if self._client is None:
                    client = AIOKafkaAdminClient(**self._broker.client, request_timeout_ms=5000)
                    await client.start()
                    self._client = client
                id = str((await self._client.describe_cluster())["cluster_id"])
            except (KafkaError, OSError):
                self.well = False
                await self.close()
                raise
            self.well = True
            return id

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                await asyncio.wait_for(client.close(), 5)
            except (KafkaError, OSError, TimeoutError):
                log.info("client abandoned")

    async def last_of(self, who: str) -> str | None:
        """Say which cluster this part of the service worked with last; None at the very first start."""
        found = await self._known.find_one({"_id": who})
        return found["cluster"] if found else None

    async def remember(self, who: str, cluster: str) -> None:
        await self._known.replace({"_id": who}, {"cluster": cluster}, upsert=True)
