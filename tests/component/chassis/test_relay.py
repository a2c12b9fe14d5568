"""From the outbox to a real broker: everything, in order per key, under one lease."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.platform import Platform
from services.chassis.cluster import Cluster
from services.chassis.leases import Lease
from services.chassis.relay import Relay
from services.chassis.store import Store
from tests.component.chassis.tally import new, raised, tallies
from tests.support.waiting import eventually


async def test_every_event_is_published_in_order_per_key_and_marked(store: Store, platform: Platform, cluster: Cluster):
    repository, counted = await tallies(store), [new() for _ in range(10)]
    for tally in counted:
        await repository.add(raised(tally))
        for _ in range(4):
            await repository.change(tally.id, raised)
    relay = relay_to(platform, store, cluster)

    while await relay.work():
        pass
    await relay.close()

    seen = await read(platform, {f"tally/{tally.id}" for tally in counted}, 50)
    assert seen == {f"tally/{tally.id}": [1, 2, 3, 4, 5] for tally in counted}
    assert await store.database["outbox"].count({"pending": True}) == 0


async def test_without_a_broker_nothing_is_lost_and_nobody_waits(store: Store, platform: Platform, cluster: Cluster):
    repository, tally = await tallies(store), new()
    nowhere = Relay(store.outbox, Cluster(store.database, "127.0.0.1:1"), "127.0.0.1:1", idempotence=False)

    await repository.add(raised(tally))
    worked = await nowhere.work()
    somewhere = relay_to(platform, store, cluster)
    assert (worked, await somewhere.work()) == (False, True)
    await somewhere.close()

    assert await read(platform, {f"tally/{tally.id}"}, 1) == {f"tally/{tally.id}": [1]}


async def test_a_cluster_that_was_not_worked_with_gets_everything_once_more(
    store: Store, platform: Platform, cluster: Cluster
):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))
    relay = relay_to(platform, store, cluster)
    await relay.work()
    await relay.close()

    await cluster.remember("relay", "another cluster")
    again = relay_to(platform, store, cluster)
    await again.work()
    await again.close()

    assert await read(platform, {f"tally/{tally.id}"}, 2) == {f"tally/{tally.id}": [1, 1]}


async def test_a_lease_has_one_holder_until_it_is_released(store: Store):
    leases = [Lease(store.database, "relay") for _ in range(5)]
    await leases[0].hold()

    async def held() -> list[bool]:
        return list(await asyncio.gather(*(lease.hold() for lease in leases)))

    first = await eventually(lambda: one(held), what="a holder")
    assert await held() == first
    await leases[first.index(True)].release()
    assert sum(await held()) == 1


@pytest.fixture
async def cluster(store: Store, platform: Platform) -> AsyncIterator[Cluster]:
    cluster = Cluster(store.database, platform.addresses.kafka)
    yield cluster
    await cluster.close()


def relay_to(platform: Platform, store: Store, cluster: Cluster) -> Relay:
    return Relay(store.outbox, cluster, platform.addresses.kafka, idempotence=platform.addresses.kafka_idempotence)


async def one(held) -> list[bool]:
    answers = await held()
    return answers if sum(answers) == 1 else []


async def read(platform: Platform, keys: set[str], count: int) -> dict[str, list[int]]:
    """Read the topic from its beginning until the keys' messages were seen."""
    seen: dict[str, list[int]] = defaultdict(list)
    consumer = AIOKafkaConsumer(
        "projects.events", bootstrap_servers=platform.addresses.kafka, auto_offset_reset="earliest", group_id=None
    )
    async with consumer:

        async def read_on() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    if (key := (record.key or b"").decode()) in keys:
                        seen[key].append(int(dict(record.headers)["ce_sequence"]))
            return sum(map(len, seen.values())) >= count

        await eventually(read_on, what=f"{count} messages")
    return dict(seen)
