"""A service killed, a broker stopped, in the middle of a journey: nothing is lost and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from tests.faults.afterwards import payments
from tests.support.settled import everything_has_arrived

PUBLIC = {
    "identity": "/oauth2/jwks",
    "projects": "/v1/projects",
    "applications": "/openapi/applications.json",
    "stipends": "/v1/stipend-schedules",
}
KILLED_IN = {
    "identity": ("arrive", "invite", "apply"),
    "projects": ("enroll", "publish", "invite"),
    "applications": ("do_prerequisite", "accept", "confirm", "graduate"),
    "stipends": ("accept", "request", "approve"),
}
"""The steps in whose middle each service is killed: those in which it has the most to do."""


@pytest.fixture
async def journey(whole: Platform) -> AsyncIterator[Journey]:
    async with httpx.AsyncClient(timeout=20) as http:
        yield seed.journey(whole, http)


@pytest.mark.parametrize("victim", KILLED_IN)
async def test_a_killed_service_leaves_the_others_answering_and_the_journey_goes_on(
    whole: Platform, journey: Journey, victim: str
):
    for step in journey.steps:
        taking = asyncio.create_task(step.take())
        if step.take.__name__ in KILLED_IN[victim]:
            await asyncio.to_thread(whole.kill, victim)
            statuses = await answers(journey)
            assert statuses == {name: 503 if name == victim else 200 for name in SERVICES}
            whole.start_process(victim)
        await taking

    assert journey.budget["balances"]["paid"]["amount_minor"] > 0
    assert await payments(whole, journey) == ["paid"]
    await asyncio.to_thread(whole.wait_ready)
    await everything_has_arrived(whole)


async def test_a_stopped_broker_delays_the_hand_over_and_nothing_else(whole: Platform, journey: Journey):
    steps = {step.take.__name__: step.take for step in journey.steps}
    for name in ("arrive", "enroll", "publish", "fund", "invite", "apply"):
        await steps[name]()

    await asyncio.to_thread(whole.stop, "broker")
    await journey.do_prerequisite()
    accepted = await journey.administrator.post(
        f"/v1/applications/{journey.application}/accept", attendance="full_time"
    )
    assert accepted["status"] == "accepted"
    assert await answers(journey) == dict.fromkeys(SERVICES, 200)
    whole.start_process("broker")

    for name in ("confirm", "evaluate", "request", "approve"):
        await steps[name]()
    assert await payments(whole, journey) == ["paid"]
    await asyncio.to_thread(whole.wait_ready)
    await everything_has_arrived(whole)


async def answers(journey: Journey) -> dict[str, int]:
    return {name: (await journey.http.get(journey.gateway + path)).status_code for name, path in PUBLIC.items()}
