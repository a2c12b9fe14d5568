"""Broker, store and the lines to them are stopped, killed, cut, slowed and filled while a mentorship is played.

Nobody helps, but for what a supervisor does: start again what ended. Afterwards everything is whole by itself.
`STOPPED` in the environment says for how many seconds the broker is stopped; without it `make faults` alone runs them,
for minutes of a whole platform with a store of three members.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey import person
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from services.chassis.mongo import Document
from services.operators import build
from tests.faults.afterwards import ends_whole
from tests.faults.chance import chance
from tests.faults.shaken import LINES, STORE, Shaken, shaken
from tests.support.settled import POISON
from tests.support.toxic import RESETTING, SLOW, SWALLOWING, TRICKLING
from tests.support.waiting import a_moment, eventually

pytestmark = pytest.mark.skipif("STOPPED" not in os.environ, reason="make faults")

STOPPED: Final = [float(seconds) for seconds in os.environ.get("STOPPED", "1 10").split()]
TELLING: Final = ("apply", "do_prerequisite", "accept", "confirm", "evaluate", "request", "approve")
"""Steps in which services wait for what others tell, and money moves."""
SPOILINGS: Final = 8
"""Times that a line is spoiled in a test."""


@pytest.fixture(scope="module")
def shaking() -> Iterator[Shaken]:
    with shaken() as made:
        yield made


@asynccontextmanager
async def mentorship(shaking: Shaken) -> AsyncIterator[Journey]:
    """Give one that is about to be played; afterwards all is whole."""
    briefly = httpx.Limits(keepalive_expiry=2)  # less than the mailbox keeps a connection that nobody uses
    async with httpx.AsyncClient(timeout=20, limits=briefly) as http:
        journey = seed.journey(shaking.platform, http)
        yield journey
        await ends_whole(shaking.platform, [journey])


async def play(journey: Journey, at: str, shake: Callable[[], Awaitable[None]]) -> None:
    """Play it, and shake during this step."""
    for step in journey.steps:
        taking = asyncio.create_task(step.take())
        if step.take.__name__ == at:
            await shake()
        await taking


async def play_while(shaking: Shaken, at: str, shake: Callable[[], Awaitable[None]]) -> None:
    async with mentorship(shaking) as journey:
        await play(journey, at, shake)


@pytest.mark.parametrize("seconds", STOPPED)
async def test_a_broker_that_was_stopped_has_delayed_everything_and_lost_nothing(
    shaking: Shaken, seconds: float, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(person, "PATIENCE", person.PATIENCE + seconds)

    async def shake() -> None:
        await asyncio.to_thread(shaking.platform.stop, "broker")
        await a_moment(seconds)
        shaking.platform.start_process("broker")

    await play_while(shaking, "do_prerequisite", shake)


async def test_a_primary_that_steps_down_hands_over_to_another(shaking: Shaken):
    before = shaking.store.primary

    async def shake() -> None:
        await asyncio.to_thread(shaking.store.step_down)
        assert await asyncio.to_thread(lambda: shaking.store.primary) is not before

    await play_while(shaking, chance("step-down").choice(TELLING), shake)
    await asyncio.to_thread(shaking.store.whole)


async def test_a_primary_that_is_killed_is_replaced_and_comes_back_as_one_of_the_others(shaking: Shaken):
    before = shaking.store.primary

    async def shake() -> None:
        before.kill()
        assert await asyncio.to_thread(lambda: shaking.store.primary) is not before

    await play_while(shaking, chance("killed primary").choice(TELLING), shake)
    before.start()
    await asyncio.to_thread(shaking.store.whole)


async def test_on_slow_lines_everything_takes_longer_and_goes_on(shaking: Shaken):
    async def shake() -> None:
        for line in LINES:
            shaking.lines.poison(line, SLOW)

    try:
        await play_while(shaking, "arrive", shake)
    finally:
        shaking.lines.mend()


async def test_lines_cut_and_spoiled_at_random_lose_nothing(shaking: Shaken):
    decided = chance("lines")

    async def shake() -> None:
        try:
            for _ in range(SPOILINGS):
                line = decided.choice(LINES)
                toxic = decided.choice((None, RESETTING, SWALLOWING, TRICKLING))
                shaking.lines.poison(line, toxic) if toxic else shaking.lines.cut(line)
                await a_moment(decided.uniform(0.2, 1.5))
                shaking.lines.mend()
                await a_moment(decided.uniform(0, 0.5))
        finally:
            shaking.lines.mend()

    await play_while(shaking, "apply", shake)


async def test_a_store_that_nobody_reaches_is_a_clear_answer_and_comes_back(shaking: Shaken):
    async def shake() -> None:
        for line in STORE:
            shaking.lines.cut(line)
        await eventually(lambda: away(shaking), what="the word that the store is away")
        shaking.lines.mend()

    await play_while(shaking, chance("cut store").choice(TELLING), shake)


async def test_a_store_whose_disk_is_full_goes_on_where_it_was_when_there_is_room(shaking: Shaken):
    if not shaking.disk.mounted:
        pytest.skip("no disk of its own for the store: only root may mount one, and not everywhere")

    async def shake() -> None:
        shaking.disk.fill()
        await eventually(lambda: away(shaking), what="the word that the store is away")
        shaking.disk.grow()
        await asyncio.to_thread(shaking.store.start)

    await play_while(shaking, chance("full disk").choice(TELLING), shake)
    await asyncio.to_thread(shaking.store.start)  # one may have ended only after there was room
    await asyncio.to_thread(shaking.store.whole)


async def away(shaking: Shaken) -> bool:
    """Ask for what is in the store; say whether the answer is that it is away, as it must be in so many words."""
    async with httpx.AsyncClient(base_url=shaking.platform.addresses.gateway, timeout=60) as http:
        answer = await http.get("/v1/projects")
    if answer.status_code == httpx.codes.OK:
        return False
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-away")
    return True


async def test_poison_on_every_topic_is_set_aside_by_who_listens_and_stops_nobody(
    shaking: Shaken, monkeypatch: pytest.MonkeyPatch
):
    platform = shaking.platform
    poison = zip(SERVICES, (b"\x00 no JSON", None, b"{}", b"[]"), strict=True)

    async def shake() -> None:
        async with AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all") as producer:
            for service, value in poison:
                headers = [("ce_type", b"project.published.v1"), ("ce_sequence", b"1")]
                key = f"{POISON}{service}".encode()
                await producer.send_and_wait(f"{service}.events", value, key=key, headers=headers)

    async with mentorship(shaking) as journey:
        await play(journey, "apply", shake)
        for service in SERVICES:
            await every_dead_letter_is_poison_and_goes(platform, service, monkeypatch)


async def every_dead_letter_is_poison_and_goes(
    platform: Platform, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look at what was set aside by who listens to how many topics, and pass over it, as an operator does."""
    for name, value in platform.environment(service).items():
        monkeypatch.setenv(name, value)
    running = build(service)
    heard = [topic for topic in running.listener.topics if topic.endswith(".events")]

    async def letters() -> list[Document]:
        found = await running.inbox.dead_letters()
        assert all(letter["key"].startswith(POISON) for letter in found)
        return found if len(found) == len(heard) else []

    for letter in await eventually(letters, what=f"the poison at {service}"):
        await running.inbox.discard(letter["_id"], running.apply)
    running.store.database.close()
