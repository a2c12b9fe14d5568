"""Makes the topics on a Kafka that is not ours what the catalog wants: `python -m deploy.local.topics SERVERS`."""

import asyncio
import sys

from services.chassis.broker import Broker
from services.operators.topics import at_the_broker


async def create(bootstrap_servers: str) -> None:
    """Create what is missing, set what is set otherwise. Raises `BrokerAway`; ends where there is what must not be."""
    left = [one for one in await at_the_broker(Broker(bootstrap_servers), apply=True) if one.what == "partitions"]
    if left:
        sys.exit("\n".join(map(str, left)))


if __name__ == "__main__":
    asyncio.run(create(sys.argv[1]))
