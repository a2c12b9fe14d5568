"""Who signs tokens for those parts of the platform that are tested without identity."""

from collections.abc import AsyncIterator

import pytest

from tests.support.issuer import Issuer, issuing


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer
