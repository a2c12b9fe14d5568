"""Each service alone: its own database and group on the shared stores, tokens from an issuer of its own."""

from collections.abc import AsyncIterator

import pytest

from services.chassis.tracing import start_tracing
from tests.support.issuer import Issuer, issuing


def pytest_configure() -> None:
    start_tracing("test")


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer
