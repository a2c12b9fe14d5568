"""From the outbox to a real broker: everything, in order per key, under one lease."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaConsumer
from prometheus_client import REGISTRY

from deploy.local.platform import Platform
from services.chassis import leases, relay
from services.chassis.broker import Broker
from services.chassis.cluster import Cluster
from services.chassis.jobs import NotNow
from services.chassis.leases import Lease
from services.chassis.relay import Relay
from services.chassis.store import Store
from tests.component.chassis.tally import new, raised, tallies
from tests.support.waiting import eventually

NOWHERE = Broker("127.0.0.1:1")


async def test_every_event_is_published_in_order_per_key_and_marked(store: Store, platform: Platform, cluster: Cluster):
    repository, counted = await tallies(store), [new() for _ in range(10)]
    for tally in counted:
        await repository.add(raised(tally))
        for _ in range(11):
            await repository.change(tally.id, raised)
    ours = relay_to(platform, store, cluster)

    while await ours.work():
        pass
    await ours.close()

    seen = await read(platform, {f"tally/{tally.id}" for tally in counted}, 120)
    assert seen == {f"tally/{tally.id}": list(range(1, 13)) for tally in counted}
    assert await store.database["outbox"].count({"pending": True}) == 0


async def test_without_a_broker_nothing_is_lost_and_nobody_waits(store: Store, platform: Platform, cluster: Cluster):
    repository, tally = await tallies(store), new()
    nowhere = Relay(store.outbox, Cluster(store.database, NOWHERE), NOWHERE, idempotence=False)

    await repository.add(raised(tally))
    with pytest.raises(NotNow):
        await nowhere.work()
    assert REGISTRY.get_sample_value("mentorship_outbox_rows") == 1
    somewhere = relay_to(platform, store, cluster)
    assert await somewhere.work()
    await somewhere.close()

    assert await read(platform, {f"tally/{tally.id}"}, 1) == {f"tally/{tally.id}": [1]}


async def test_what_no_longer_fits_into_a_batch_is_not_overtaken_by_what_would(
    store: Store, platform: Platform, cluster: Cluster
):
    key, headers = f"tally/{new().id}", {"ce_type": "tally.raised.v1"}
    for sequence, size in enumerate((400, 400, 1, 1), start=1):
        row = (
            f"{key}/{sequence}",
            "projects.events",
            key,
            sequence,
            headers | {"ce_sequence": str(sequence)},
            b"x" * size * 1024,
        )
        await store.outbox.send(*row, pos=sequence)
    ours = relay_to(platform, store, cluster)

    while await ours.work():
        pass
    await ours.close()

    assert await read(platform, {key}, 4) == {key: [1, 2, 3, 4]}


async def test_the_longer_a_broker_is_away_the_longer_the_pauses_and_never_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    pauses: list[float] = []

    async def passing(seconds: float) -> None:
        pauses.append(seconds)

    nowhere = Relay(store.outbox, Cluster(store.database, NOWHERE), NOWHERE, idempotence=False)
    monkeypatch.setattr(relay, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": passing}))
    for _ in range(8):
        with pytest.raises(NotNow):
            await nowhere.work()

    assert pauses[0] <= 0.4
    assert 1 <= pauses[-1] <= relay.LONGEST_PAUSE < leases.LENGTH.total_seconds()
    assert len(set(pauses)) == 8


async def test_a_cluster_that_was_not_worked_with_gets_everything_once_more(
    store: Store, platform: Platform, cluster: Cluster
):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))
    ours = relay_to(platform, store, cluster)
    await ours.work()
    await ours.close()

    await cluster.remember("relay", "another cluster")
    again = relay_to(platform, store, cluster)
    await again.work()
    await again.close()

    assert await read(platform, {f"tally/{tally.id}"}, 2) == {f"tally/{tally.id}": [1, 1]}


async def test_a_lease_has_one_holder_until_it_is_released(store: Store):
    replicas = [Lease(store.database, "relay") for _ in range(5)]
    await replicas[0].hold()

    async def held() -> list[bool]:
        return list(await asyncio.gather(*(lease.hold() for lease in replicas)))

    first = await eventually(lambda: one(held), what="a holder")
    assert await held() == first
    await replicas[first.index(True)].release()
    assert sum(await held()) == 1


@pytest.fixture
async def cluster(store: Store, platform: Platform) -> AsyncIterator[Cluster]:
    cluster = Cluster(store.database, Broker(platform.addresses.kafka))
    yield cluster
    await cluster.close()


def relay_to(platform: Platform, store: Store, cluster: Cluster) -> Relay:
    return Relay(
        store.outbox, cluster, Broker(platform.addresses.kafka), idempotence=platform.addresses.kafka_idempotence
    )


async def one(held) -> list[bool]:
    answers = await held()
    return answers if sum(answers) == 1 else []


async def read(platform: Platform, keys: set[str], count: int, *, first: bool = False) -> dict[str, list[int]]:
    """Read the topic from its beginning until the keys' messages were seen; the `first` of each alone, if so said."""
    seen: dict[str, list[int]] = defaultdict(list)
    consumer = AIOKafkaConsumer(
        "projects.events", bootstrap_servers=platform.addresses.kafka, auto_offset_reset="earliest", group_id=None
    )
    async with consumer:

        async def read_on() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    if (key := (record.key or b"").decode()) in keys:
                        number = int(dict(record.headers)["ce_sequence"])
                        if not (first and number in seen[key]):
                            seen[key].append(number)
            return sum(map(len, seen.values())) >= count

        await eventually(read_on, what=f"{count} messages")
    return dict(seen)
