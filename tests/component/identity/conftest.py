"""A served identity for each module, and what its tests do with it again and again."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.platform import Platform
from tests.component.identity.provider import Clock, Provider, providing


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
async def provider(platform: Platform, clock: Clock) -> AsyncIterator[Provider]:
    async with providing(platform, clock) as provider:
        yield provider
