"""Whether every event that was told has arrived everywhere it is heard, once and in order."""

import importlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from contracts.catalog import COMPACTED, SERVICES, TOPICS
from deploy.local.platform import Platform
from services.chassis.mongo import Database
from tests.support.waiting import eventually

POISON: Final = "poison/"
"""Begins the keys of what tests put on the bus and nobody committed."""


async def everything_has_arrived(platform: Platform) -> None:
    """Wait until all is published and applied; fails on a gap, a dead letter, or a message that still waits."""
    stores = {name: Database(platform.addresses.mongodb_uri, name) for name in SERVICES}
    try:
        for name in SERVICES:
            await eventually(lambda name=name: _published(stores[name]), what=f"{name} published")  # type: ignore[misc]
            await _caught_up(name, stores)
            await eventually(lambda name=name: _nothing_waits(stores[name]), what=f"{name} waiting for nothing")  # type: ignore[misc]
    finally:
        for store in stores.values():
            store.close()


async def everything_committed_was_published(platform: Platform) -> None:
    """Read the whole bus: each message was committed, and what was is there, each key's first copies in its order.

    Of a compacted topic only the last of a key must be there. An embedded broker that was started anew has got
    everything again.
    """
    told = {topic: await _told(platform, topic) for topic in _topics()}
    missing = {(topic, key, sequence) for topic, last in told.items() for key, sequence in last.items()}
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    consumer = AIOKafkaConsumer(
        *told, bootstrap_servers=platform.addresses.kafka, auto_offset_reset="earliest", group_id=None
    )
    async with consumer:

        async def read_on() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    key, sequence = (record.key or b"").decode(), _sequence(record)
                    missing.discard((record.topic, key, sequence))
                    if sequence not in seen[record.topic, key]:
                        seen[record.topic, key].append(sequence)
            return not missing

        await eventually(read_on, what="reading all that was committed")
    for (topic, key), sequences in seen.items():
        if key.startswith(POISON):
            continue
        whole = list(range(1, told[topic].get(key, 0) + 1))
        assert sequences == (sorted(sequences) if topic in COMPACTED else whole), (topic, key, sequences)


def _topics() -> list[str]:
    return [topic.name for topic in TOPICS if topic.name.endswith((".events", ".people", ".sessions"))]


async def _told(platform: Platform, topic: str) -> dict[str, int]:
    """Give the last sequence that was committed of each key."""
    store = Database(platform.addresses.mongodb_uri, topic.split(".", maxsplit=1)[0])
    try:
        return {row["key"]: row["sequence"] for row in await store["outbox"].find({"topic": topic}, sort=[("pos", 1)])}
    finally:
        store.close()


def _sequence(record: Any) -> int:
    said = dict(record.headers).get("ce_sequence") or b""
    return int(said) if said.isdigit() else 0


async def _published(store: Database) -> bool:
    return await store["outbox"].count({"pending": True}, limit=1) == 0


async def _nothing_waits(store: Database) -> bool:
    """A repetition that two replicas had in hand at once is passed over at the next look."""
    return await store["waiting"].find({}) == []


async def _caught_up(service: str, stores: Mapping[str, Database]) -> None:
    async def look() -> bool:
        return await _not_applied(service, stores) == {}

    try:
        await eventually(look, what=f"{service} caught up")
    except AssertionError:
        behind = await _not_applied(service, stores)
        raise AssertionError(f"{service} has not applied {behind}") from None


async def _not_applied(service: str, stores: Mapping[str, Database]) -> dict[str, tuple[int, int]]:
    """Give the lanes that are behind: the last sequence told, and the last applied."""
    listener = importlib.import_module(f"services.{service}.consumers").listen
    applied = {mark["_id"]: mark["sequence"] for mark in await stores[service]["inbox"].find({})}
    last: dict[str, int] = {}
    for topic in listener.topics:
        for row in await stores[topic.split(".")[0]]["outbox"].find({"topic": topic}, sort=[("pos", 1)]):
            lane = f"{topic}|{row['key']}"
            assert row["sequence"] == last.get(lane, 0) + 1, f"a gap before {row['_id']}"
            last[lane] = row["sequence"]
    return {lane: (told, applied.get(lane, 0)) for lane, told in last.items() if applied.get(lane) != told}
