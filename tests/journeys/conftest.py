"""The mentorship that was played to its end; each test looks at another side of what it left."""

from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform


@pytest.fixture(scope="session")
async def journey(whole: Platform) -> AsyncIterator[Journey]:
    async with httpx.AsyncClient(timeout=90) as http:
        journey = seed.journey(whole, http)
        for step in journey.steps:
            await step.take()
        yield journey
