"""Creates the missing topics on a Kafka that is not ours: `python -m deploy.local.topics BOOTSTRAP_SERVERS`."""

import asyncio
import sys
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.catalog import TOPICS, Topic

REPLICAS: Final = 3
"""Where there are so many brokers."""


def described(topic: Topic, brokers: int) -> NewTopic:
    configuration = {"cleanup.policy": "compact"} if topic.compacted else {}
    if topic.kept_hours:
        configuration = {"cleanup.policy": "compact,delete", "retention.ms": str(topic.kept_hours * 3_600_000)}
    return NewTopic(topic.name, topic.partitions, min(REPLICAS, brokers), topic_configs=configuration)


async def create(bootstrap_servers: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await client.start()
    try:
        known = await client.list_topics()
        brokers = len((await client.describe_cluster())["brokers"])
        missing = [described(topic, brokers) for topic in TOPICS if topic.name not in known]
        refused = [error for error in (await client.create_topics(missing)).topic_errors if error[1]] if missing else []
    finally:
        await client.close()
    if refused:
        sys.exit(f"The broker refused topics: {refused}")


if __name__ == "__main__":
    asyncio.run(create(sys.argv[1]))
