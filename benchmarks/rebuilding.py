"""Rebuilds a copy in this process and says how long it took and how much memory: `MONGODB_URI KAFKA`."""

import asyncio
import json
import resource
import sys
import time

from uuid6 import uuid7

from contracts.projects import ProjectEvent
from services.applications.domain.known import Project
from services.chassis.broker import Broker
from services.chassis.inbox import Inbox
from services.chassis.mongo import Database
from services.chassis.rebuilding import rebuild
from services.chassis.store import Projection, Store


async def main(mongodb_uri: str, kafka: str) -> None:
    store = Store(Database(mongodb_uri, f"rebuild_{uuid7().hex}"))
    await store.prepare()
    inbox = Inbox(store, "applications")
    await inbox.prepare()
    copy = Projection(store, "projects", Project, remembers=ProjectEvent)
    await copy.prepare()
    began = time.monotonic()
    await rebuild(store, inbox, copy, Broker(kafka), lambda _read, _whole: None)
    seconds = time.monotonic() - began
    await store.database.drop()
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
