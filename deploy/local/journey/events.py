"""Events as they pass on the bus, for whoever wants to watch."""

from collections.abc import AsyncIterator
from datetime import datetime

from aiokafka import AIOKafkaConsumer

from contracts.catalog import TOPICS


async def passing(bootstrap_servers: str, since: datetime) -> AsyncIterator[tuple[str, str, str]]:
    """Give topic, type and key of every event from `since` on, for ever."""
    topics = [topic.name for topic in TOPICS]
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap_servers, group_id=None, auto_offset_reset="earliest", fetch_max_wait_ms=50
    )
    async with consumer:
        async for record in consumer:
            headers = {name: value.decode(errors="replace") for name, value in record.headers}
            if headers.get("ce_time", "") >= since.isoformat()[:23]:
                yield record.topic, headers.get("ce_type", "?"), (record.key or b"").decode(errors="replace")
