"""How everything must be once nobody does it any harm, without anybody's help."""

import asyncio
from collections.abc import Sequence

import httpx

from contracts.catalog import SERVICES
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from services.chassis.mongo import Database
from tests.support.settled import everything_committed_was_published, everything_has_arrived
from tests.support.waiting import eventually


async def ends_whole(whole: Platform, played: Sequence[Journey]) -> None:
    """Published is committed, applied once and in order; the books are right; nothing is stuck; everybody is well."""
    await everything_has_arrived(whole)
    await everything_committed_was_published(whole)
    for journey in played:
        assert await payments(whole, journey) == ["paid"]
    assert await no_installment_is_stuck(whole)
    assert "BROKEN" not in await asyncio.to_thread(whole.mentorship, "ledger", "verify")
    await everybody_is_well(whole)


async def payments(whole: Platform, journey: Journey) -> list[str]:
    """Ask the bank what it was ordered to pay for the first installment, and what became of it."""
    place = f"{whole.addresses.sandbox}/payments"
    answer = await journey.http.get(
        place,
        params={"reference": f"{journey.application}.1.1"},
        headers={"Authorization": f"Bearer {whole.plan.secrets.sandbox_api_key}"},
    )
    return [payment["status"] for payment in answer.json()["items"]]


async def no_installment_is_stuck(whole: Platform) -> bool:
    """Wait until no installment is between approved and paid."""
    store = Database(whole.addresses.mongodb_uri, "stipends")
    moving = {"installments.status": {"$in": ["approved", "paying"]}}

    async def none() -> bool:
        return await store["stipends"].count(moving, limit=1) == 0

    try:
        return await eventually(none, within=180, what="all payments' end")
    finally:
        store.close()


async def everybody_is_well(whole: Platform) -> None:
    """Wait until every service is ready, and each part of it well: relay, consumer, timers, mail."""
    async with httpx.AsyncClient(timeout=5) as http:
        for service in SERVICES:

            async def well(place: str = f"{whole.addresses.of_service(service)}/health/ready") -> bool:
                try:
                    answer = await http.get(place)
                except httpx.TransportError:
                    return False
                return answer.status_code == httpx.codes.OK and all(answer.json()["parts"].values())

            await eventually(well, what=f"{service} well")
