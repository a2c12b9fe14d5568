"""A store of its own for each test."""

from collections.abc import AsyncIterator

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.chassis.inbox import Inbox
from services.chassis.mongo import Database
from services.chassis.store import Store


@pytest.fixture
async def store(platform: Platform) -> AsyncIterator[Store]:
    store = Store(Database(platform.addresses.mongodb_uri, f"chassis_{uuid7().hex}"))
    await store.prepare()
    yield store
    await store.database.drop()
    store.database.close()


@pytest.fixture
async def inbox(store: Store) -> Inbox:
    inbox = Inbox(store, "projects")
    await inbox.prepare()
    return inbox
