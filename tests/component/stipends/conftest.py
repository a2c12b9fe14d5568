"""Stipends alone, behind a gate that hands the provider's callbacks on, or loses them, or tells them twice."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.platform import Platform
from tests.component.stipends.scene import Scene, playing


@pytest.fixture(scope="package")
async def scene(platform: Platform) -> AsyncIterator[Scene]:
    async with playing(platform) as scene:
        yield scene
