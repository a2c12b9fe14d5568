"""The compose file as somebody starts it who tries the platform out, on a real engine."""

import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local.binaries import NotHere
from deploy.local.journey import person
from deploy.local.journey.person import Person
from deploy.local.journey.play import Journey
from tests.support.composed import Composed, composed
from tests.support.engine import Engine, NoEngine
from tests.support.waiting import at_last

PASSWORD = "open-source-pays-9"


@pytest.fixture(scope="module")
def started(docker: Engine) -> Iterator[Composed]:
    try:
        with composed(docker) as running:
            yield running
    except (NoEngine, NotHere) as reason:
        pytest.skip(f"compose is not started here: {reason}")


@pytest.fixture
async def http(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(person, "PATIENCE", 180.0)  # the machine may be busy with other tests
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


async def test_somebody_applies_through_the_gateway_once_it_is_up(started: Composed, http: httpx.AsyncClient):
    assert at_last(lambda: _ready(started), within=300), started("logs", "--tail", "20")
    create = ("account", "create", "--email", "staff@example.org", "--name", "Sam Staff", "--password-stdin")
    started("run", "--rm", "-T", "identity-worker", *create, "--verified", "--role", "staff", input=PASSWORD)
    staff = Person("Sam Staff", "staff@example.org", PASSWORD, started.gateway, started.mails, http)
    tried = Journey(started.gateway, started.mails, staff, staff, http)

    await tried.arrive()
    await tried.enroll()
    await tried.publish()
    await tried.apply()

    assert tried.application


def _ready(started: Composed) -> bool:
    """Say whether the gateway has every service behind it; those it has not answer 503."""
    asked = (f"{started.gateway}/openapi/{service}.json" for service in SERVICES)
    try:
        return all(httpx.get(place, timeout=20).is_success for place in asked)
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("service", SERVICES)
def test_the_doctor_finds_nothing_wrong_in_it(started: Composed, service: str):
    def wrong() -> list[str]:
        said = started("exec", "-T", f"{service}-worker", "mentorship", "doctor", service, "--json", check=False)
        findings = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        return [str(one) for one in findings if one["outcome"] == "wrong"] if findings else [said]

    assert at_last(lambda: not wrong(), within=120), wrong()
