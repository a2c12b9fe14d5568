"""An operator at work while people are: copies rebuilt under a journey, and what is sent again does nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.platform import NotReady, Platform
from services.chassis.mongo import Database
from services.chassis.rebuilding import copies
from services.operators import build
from tests.support.settled import everything_has_arrived
from tests.support.waiting import eventually

WITH_COPIES = ("identity", "projects", "applications", "stipends")


@pytest.fixture
async def journey(whole: Platform) -> AsyncIterator[Journey]:
    async with httpx.AsyncClient(timeout=90) as http:
        yield seed.journey(whole, http)


async def test_every_copy_is_dropped_and_rebuilt_while_a_mentorship_is_played(
    whole: Platform, journey: Journey, monkeypatch: pytest.MonkeyPatch
):
    playing = asyncio.create_task(play(journey))
    rebuilt = 0
    while not playing.done():
        for service in WITH_COPIES:
            await operate(whole, "projections", "rebuild", service, "--yes")
            rebuilt += 1
    await playing

    assert rebuilt >= len(WITH_COPIES)
    assert journey.budget["balances"]["paid"]["amount_minor"] > 0
    await everything_has_arrived(whole)
    for name, value in whole.plan.every_setting().items():
        monkeypatch.setenv(name, value)
    for service in WITH_COPIES:
        assert await behind(whole, service) == {}


async def test_what_is_sent_again_mails_nobody_and_pays_nobody_twice(whole: Platform, journey: Journey):
    await play(journey)
    await everything_has_arrived(whole)
    await everything_is_mailed(whole)
    before = await mails(journey), await orders(whole, journey)

    for service in SERVICES:
        await operate(whole, "events", "replay", "--service", service, "--since", "1h", "--yes")
    await everything_has_arrived(whole)
    await everything_is_mailed(whole)

    assert (await mails(journey), await orders(whole, journey)) == before
    assert len(before[1]) == 1


async def test_the_doctor_finds_the_whole_platform_well(whole: Platform):
    async def well() -> str:
        try:
            return await operate(whole, "doctor")
        except NotReady:
            return ""  # a job may be between two holders

    said = await eventually(well, within=180, what="a whole platform that is well")
    assert "WRONG" not in said
    for service in SERVICES:
        assert f"\n{service}\n" in f"\n{said}"


async def everything_is_mailed(whole: Platform) -> None:
    for service in SERVICES:
        await eventually(lambda service=service: nothing_to_mail(whole, service), what="all mail sent")  # type: ignore[misc]


async def play(journey: Journey) -> None:
    for step in journey.steps:
        await step.take()


async def operate(whole: Platform, *words: str) -> str:
    """Run the command in a process of its own, as an operator does."""
    return await asyncio.to_thread(whole.mentorship, *words)


async def behind(whole: Platform, service: str) -> dict[str, tuple[int, int]]:
    """Give the things of which a copy does not hold the newest picture: what was told last, and what it holds."""
    running = build(service)
    found: dict[str, tuple[int, int]] = {}
    for copy in copies(running.data).values():
        store = Database(whole.addresses.mongodb_uri, copy.remembers.source)
        held = {one["_id"]: one["sequence"] for one in await copy.documents.find({}, fields={"sequence": 1})}
        told: dict[str, Any] = {}
        for row in await store["outbox"].find({"key": {"$regex": f"^{copy.remembers.noun}/"}}, sort=[("pos", 1)]):
            last_word = copy.forgets and row["headers"]["ce_type"] == copy.forgets.model_fields["type"].default
            told[row["key"].partition("/")[2]] = 0 if last_word else row["sequence"]
        found |= {id: (last, held.get(id, 0)) for id, last in told.items() if held.get(id, 0) != last}
        store.close()
    running.store.database.close()
    return found


async def mails(journey: Journey) -> list[str]:
    answer = await journey.http.get(f"{journey.mailbox}/api/mails")
    return [mail["id"] for mail in answer.json()["items"]]


async def nothing_to_mail(whole: Platform, service: str) -> bool:
    store = Database(whole.addresses.mongodb_uri, service)
    waiting = await store["mails"].count({"due_at": {"$exists": True}})
    store.close()
    return waiting == 0


async def orders(whole: Platform, journey: Journey) -> list[str]:
    """Ask the bank what it was ordered to pay for this mentorship."""
    answer = await journey.http.get(
        f"{whole.addresses.sandbox}/payments",
        params={"reference": f"{journey.application}.1.1"},
        headers={"Authorization": f"Bearer {whole.plan.secrets.sandbox_api_key}"},
    )
    return [payment["id"] for payment in answer.json()["items"]]
