"""Each service alone: its own database and group on the shared stores, tokens from an issuer of its own."""

import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from services.chassis import audit
from services.chassis.mongo import transaction
from services.chassis.tracing import start_tracing
from services.identity.oidc import backchannel
from services.stipends.provider import sandbox, stripe
from tests.contract.calls import MAKING_EVERY_CALL
from tests.support.issuer import Issuer, issuing
from tests.support.repeated import repeating


def pytest_configure() -> None:
    start_tracing("test")


@pytest.fixture(scope="session", autouse=True)
def asked_to_stop() -> Iterator[list[int]]:
    """Note when a service asks its process to stop, for here that is the tests' own, which would end without a word."""
    asked: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    yield asked
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def goes_on(asked_to_stop: list[int]) -> Iterator[None]:
    """Fail the test in which a service asked for it, or the first after a module whose services did."""
    yield
    asked, asked_to_stop[:] = asked_to_stop[:], []
    assert not asked, "A part of a service failed and asked its process to stop; the log says why."


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """Bear more than in production, for the machine may be busy with other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "PATIENCE", 60.0)
        patch.setattr(transaction, "PATIENCE", 40.0)  # a request has 45 s
        patch.setattr(backchannel, "PATIENCE", 60.0)
        for provider in (sandbox, stripe):
            patch.setattr(provider, "PATIENCE", 60.0)
        yield


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
