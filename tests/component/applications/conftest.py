"""Applications alone, with a clock that can be put forward."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.platform import Platform
from services.applications import app as rooms
from tests.component.applications.scene import Clock
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


@pytest.fixture(scope="package")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="package")
async def served(platform: Platform, issuer: Issuer, clock: Clock) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer, clock=clock) as served:
        yield served
