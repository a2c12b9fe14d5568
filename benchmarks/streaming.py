"""Many events at once: a backlog drained, a topic consumed, a copy rebuilt."""

import asyncio
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner
from uuid6 import uuid7

from benchmarks.measured import Measured
from benchmarks.raw import two_inserts
from contracts.event import Event
from contracts.projects import ProjectEdited, ProjectStatus
from deploy.local.journey.person import until
from deploy.local.platform import Platform
from services.chassis import settling
from services.chassis.brake import Brake
from services.chassis.broker import Broker
from services.chassis.bus import Consumer
from services.chassis.cluster import Cluster
from services.chassis.inbox import Inbox
from services.chassis.mongo import Database, IndexModel
from services.chassis.relay import Relay
from services.chassis.store import Store
from services.projects.settings import Settings

NEEDED = ("mongod", "broker")
TOPIC = ProjectEdited.topic
ROWS, MORE, CONSUMED = 100_000, 330_000, 20_000
SOME = 1000
_partition_of = DefaultPartitioner()


async def measure(platform: Platform, scale: float) -> list[Measured]:
    async with two_inserts(platform.addresses.mongodb_uri) as raw:
        await raw(2)
        before = await raw(4)
        drained = await drain(platform, int(ROWS * scale))
        told = await tell(platform, int(MORE * scale))
        rows = []
        for what, together, wanted, effect in (
            ("consumption, one effect by one / raw transaction", 1, None, insert),
            ("consumption with inbox and effect / raw transaction", settling.TOGETHER, 1.0, insert),
            ("consumption with an event as effect / raw transaction", settling.TOGETHER, None, tell_on),
        ):
            base = await raw(4)
            consumed = await consume(platform, int(CONSUMED * scale), together, effect)
            base = statistics.mean([base, await raw(4)])
            rows.append(Measured(what, consumed / base, "", wanted))
        after = await raw(4)
        seconds, mib = await rebuilding(platform)
    return [
        Measured("drain of 100,000 rows / raw transaction", drained / statistics.mean([before, after]), "", 8),
        Measured("drain of 100,000 rows", drained, "rows a second"),
        *rows,
        Measured(f"rebuilding a copy from {told:,} events", seconds, "s", 180 * scale, at_least=False),
        Measured("memory of that process at the most", mib, "MiB", 300, at_least=False),
    ]


def edited(id: str, sequence: int) -> ProjectEdited:
    picture = {"slug": id, "name": f"P {id}", "description": "x" * 400, "status": ProjectStatus.PUBLISHED}
    more: dict[str, Any] = {"skills": ("python", "kafka"), "prerequisites": (), "mentors": ()}
    by = str(uuid7())
    return ProjectEdited.model_validate(
        {**picture, **more, "administrators": (by,), "id": id, "sequence": sequence, "at": datetime.now(UTC), "by": by}
    )


def edits(count: int) -> Iterator[Event]:
    """Tell of ten edits of each project, some hundred projects at a time."""
    for first in range(0, count // 10, SOME):
        ids = [str(uuid7()) for _ in range(min(SOME, count // 10 - first))]
        for sequence in range(1, 11):
            yield from (edited(id, sequence) for id in ids)


async def drain(platform: Platform, count: int) -> float:
    """Rows a second, from a store with so many pending to a broker that has acknowledged the last."""
    store = Store(Database(platform.addresses.mongodb_uri, f"drain_{uuid7().hex}"))
    await store.prepare()
    every = edits(count)
    while some := list(islice(every, SOME)):

        async def write(some: list[Event] = some) -> None:
            for event in some:
                await store.outbox.tell(event, time.time_ns() // 1000)

        await store.transaction(write)
    cluster = Cluster(store.database, Broker(platform.addresses.kafka))
    relay = Relay(
        store.outbox, cluster, Broker(platform.addresses.kafka), idempotence=platform.addresses.kafka_idempotence
    )
    began = time.monotonic()
    while await relay.work():
        pass
    seconds = time.monotonic() - began
    assert await store.outbox.depth() == 0
    await relay.close()
    await cluster.close()
    await store.database.drop()
    store.database.close()
    return count / seconds


async def tell(platform: Platform, count: int) -> int:
    """Put so many events on the topic, besides those that are there already."""
    producer = AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all", max_batch_size=512 * 1024)
    async with producer:
        places = sorted(await producer.partitions_for(TOPIC))
        every = edits(count)
        while some := list(islice(every, 10 * SOME)):
            batches: dict[int, Any] = defaultdict(producer.create_batch)
            waiting = []
            for event in some:
                key, value = event.key.encode(), event.model_dump_json().encode()
                place = _partition_of(key, places, places)
                headers = [(name, said.encode()) for name, said in event.headers().items()]
                if batches[place].append(key=key, value=value, timestamp=None, headers=headers) is None:
                    waiting.append(await producer.send_batch(batches.pop(place), TOPIC, partition=place))
                    batches[place].append(key=key, value=value, timestamp=None, headers=headers)
            waiting += [await producer.send_batch(batch, TOPIC, partition=place) for place, batch in batches.items()]
            await asyncio.gather(*waiting)
        return await _ends(platform, [TopicPartition(TOPIC, place) for place in places])


async def _ends(platform: Platform, places: list[TopicPartition]) -> int:
    from aiokafka import AIOKafkaConsumer  # noqa: PLC0415 - here alone

    async with AIOKafkaConsumer(bootstrap_servers=platform.addresses.kafka) as consumer:
        return sum((await consumer.end_offsets(places)).values())


async def insert(store: Store, event: Event) -> None:
    await store.database["effects"].insert({"_id": event.event_id, "said": event.model_dump(mode="json")})


async def tell_on(store: Store, event: Event) -> None:
    """What a step of a long story does: a state, and an event that says so."""
    await insert(store, event)
    await store.outbox.tell(event, time.time_ns() // 1000)


async def consume(
    platform: Platform, count: int, together: int, effect: Callable[[Store, Event], Awaitable[None]]
) -> float:
    """Events a second, inbox and effect included, between the first hundredth and the last of so many."""
    own = f"consume_{uuid7().hex}"
    store = Store(Database(platform.addresses.mongodb_uri, own))
    inbox, brake = Inbox(store, "projects"), Brake(store.database, 10)
    await store.prepare()
    await inbox.prepare()
    await store.database["effects"].ensure(IndexModel([("at", 1)]))
    said = {"kafka_bootstrap_servers": platform.addresses.kafka, "kafka_group": own, "http_port": 1}
    settings = Settings(mongodb_uri=platform.addresses.mongodb_uri, public_url="http://localhost", **said)  # type: ignore[arg-type]
    cluster, stopping = Cluster(store.database, Broker(platform.addresses.kafka)), asyncio.Event()
    consumer = Consumer(inbox, cluster, [TOPIC], lambda event: effect(store, event), settings, brake)
    usual, settling.TOGETHER = settling.TOGETHER, together  # type: ignore[misc]
    running = asyncio.create_task(consumer.run(stopping))

    async def reached(applied: int) -> tuple[float, int] | None:
        seen = await store.database["effects"].count({})
        return (time.monotonic(), seen) if seen >= applied else None

    began, first = await until(lambda: reached(count // 100), "the first")
    ended, last = await until(lambda: reached(count), "the last")
    stopping.set()
    await running
    settling.TOGETHER = usual  # type: ignore[misc]
    await cluster.close()
    await store.database.drop()
    store.database.close()
    return (last - first) / (ended - began)


async def rebuilding(platform: Platform) -> tuple[float, float]:
    """Seconds and MiB, in a process of its own."""
    words = ("-m", "benchmarks.rebuilding", platform.addresses.mongodb_uri, platform.addresses.kafka)
    child = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    found: tuple[float, float] = json.loads(said.splitlines()[-1])
    return found
