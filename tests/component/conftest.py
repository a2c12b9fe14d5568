"""Each service alone: its own database and group on the shared stores, tokens from an issuer of its own."""

from collections.abc import AsyncIterator, Iterator

import pytest

from services.chassis.tracing import start_tracing
from tests.contract.calls import MAKING_EVERY_CALL
from tests.support.issuer import Issuer, issuing
from tests.support.repeated import repeating


def pytest_configure() -> None:
    start_tracing("test")


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer


@pytest.fixture(scope="module", autouse=True)
def repeated(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.path.as_posix().endswith(MAKING_EVERY_CALL):
        with repeating():
            yield
    else:
        yield
