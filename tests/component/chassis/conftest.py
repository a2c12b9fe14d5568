"""A store of its own for each test."""

from collections.abc import AsyncIterator

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.chassis.brake import Brake
from services.chassis.inbox import Inbox
from services.chassis.mongo import Database
from services.chassis.settling import Settler
from services.chassis.store import Store
from tests.component.chassis.deliveries import Effects


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


@pytest.fixture
async def effects(store: Store) -> Effects:
    await store.database["notes"].ensure()
    await store.database["notes"].insert({"_id": "first"})
    await store.database["notes"].delete({"_id": "first"})
    return Effects(store)


@pytest.fixture
async def brake(store: Store) -> Brake:
    brake = Brake(store.database, in_a_row=10)
    await brake.prepare()
    return brake


@pytest.fixture
def settler(inbox: Inbox, effects: Effects, brake: Brake) -> Settler:
    return Settler(inbox, effects.apply, brake)
