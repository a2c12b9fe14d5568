"""A consumer on the real bus that meets a bad release: it stops, tells it, and goes on where it was."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import REGISTRY

from contracts.event import Event
from deploy.local.platform import Platform
from services.chassis.brake import Brake
from services.chassis.broker import Broker
from services.chassis.bus import Consumer
from services.chassis.cluster import Cluster
from services.chassis.inbox import Inbox
from services.chassis.store import Store
from services.projects.settings import Settings
from tests.component.chassis.deliveries import Effects, terms
from tests.support.waiting import eventually

IN_A_ROW = 3


@pytest.fixture
async def told(platform: Platform) -> list[Event]:
    """Events of 30 things, put on the bus."""
    events: list[Event] = [event for _ in range(30) for event in terms(1)]
    async with AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all") as producer:
        for event in events:
            headers = [(name, said.encode()) for name, said in event.headers().items()]
            value = event.model_dump_json().encode()
            await producer.send_and_wait(event.topic, value, key=event.key.encode(), headers=headers)
    return events


@pytest.fixture
async def brake(store: Store) -> Brake:
    brake = Brake(store.database, IN_A_ROW)
    await brake.prepare()
    return brake


@pytest.fixture
async def bad_release(
    platform: Platform, store: Store, inbox: Inbox, brake: Brake, effects: Effects, told: list[Event]
) -> AsyncIterator[Effects]:
    effects.refusing = set(range(1, 1000))
    name = store.database.name
    said = {"kafka_bootstrap_servers": platform.addresses.kafka, "kafka_group": name, "kafka_session_timeout_ms": 4000}
    uri = platform.addresses.mongodb_uri
    settings = Settings.model_validate({**said, "mongodb_uri": uri, "http_port": 1, "public_url": "http://localhost"})
    cluster, stopping = Cluster(store.database, Broker(platform.addresses.kafka)), asyncio.Event()
    await cluster.prepare()
    consumer = Consumer(inbox, cluster, ["projects.events"], effects.apply, settings, brake)
    running = asyncio.create_task(consumer.run(stopping))
    yield effects
    stopping.set()
    await running
    await cluster.close()


async def test_a_consumer_in_a_bad_release_pauses_and_then_goes_on_where_it_was(
    inbox: Inbox, brake: Brake, bad_release: Effects, told: list[Event]
):
    async def paused() -> bool:
        return await brake.paused() is not None

    async def nothing_missing() -> bool:
        settled = {event.key for event in told} & (await bad_release.keys() | await _set_aside(inbox))
        return len(settled) == len(told)

    await eventually(paused, within=180, what="the pause")
    assert REGISTRY.get_sample_value("mentorship_consumer_paused") == 1
    few = await _set_aside(inbox)
    assert IN_A_ROW <= len(few) < 2 * IN_A_ROW + 4
    assert await bad_release.keys() == set()

    bad_release.refusing = set()
    await brake.release()
    await eventually(nothing_missing, within=180, what="the rest")
    late = await _set_aside(inbox)
    assert few <= late, "another lane may have had one in hand"
    assert len(late) < 2 * IN_A_ROW + 4
    assert REGISTRY.get_sample_value("mentorship_consumer_paused") == 0


async def _set_aside(inbox: Inbox) -> set[str]:
    return {letter["key"] for letter in await inbox.dead_letters()}
