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
            await eventually(lambda name=name: _applied(name, stores), what=f"{name} caught up")  # type: ignore[misc]
            assert await stores[name]["waiting"].find({}) == []
    finally:
        for store in stores.values():
            store.close()


async def _published(store: Database) -> bool:
    return await store["outbox"].count({"pending": True}, limit=1) == 0


async def _applied(service: str, stores: Mapping[str, Database]) -> bool:
    listener = importlib.import_module(f"services.{service}.consumers").listen
    marks = {mark["_id"]: mark["sequence"] for mark in await stores[service]["inbox"].find({})}
    for topic in listener.topics:
        told = await stores[topic.split(".")[0]]["outbox"].find({"topic": topic}, sort=[("pos", 1)])
        last: dict[str, int] = {}
        for row in told:
            assert row["sequence"] == last.get(row["key"], 0) + 1, f"a gap before {row['_id']}"
            last[row["key"]] = row["sequence"]
        if any(marks.get(f"{topic}|{key}") != sequence for key, sequence in last.items()):
            return False
    return True
