"""Whether every event that was told has arrived everywhere it is heard, once and in order."""

import importlib
from collections.abc import Mapping

from contracts.catalog import SERVICES
from deploy.local.platform import Platform
from services.chassis.mongo import Database
from tests.support.waiting import eventually


async def everything_has_arrived(platform: Platform) -> None:
    """Wait until all is published and applied; fails on a gap, a dead letter, or a message that still waits."""
    stores = {name: Database(platform.addresses.mongodb_uri, name) for name in SERVICES}
    try:
        for name in SERVICES:
            await eventually(lambda name=name: _published(stores[name]), what=f"{name} published")  # type: ignore[misc]
            await _caught_up(name, stores)
            assert await stores[name]["waiting"].find({}) == []
    finally:
        for store in stores.values():
            store.close()


async def _published(store: Database) -> bool:
    return await store["outbox"].count({"pending": True}, limit=1) == 0


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
