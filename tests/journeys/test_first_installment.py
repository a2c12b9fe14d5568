"""One mentorship through the gateway with all processes, from sign-up to the first installment."""

import httpx
import pytest

from deploy.local import seed
from deploy.local.platform import Platform
from tests.support.settled import everything_has_arrived

pytestmark = pytest.mark.xdist_group("whole")

HALF = 270_000
"""Minor units: half of what the published schedule gives for Germany."""


async def test_a_mentorship_ends_with_its_first_installment_paid(whole: Platform):
    async with httpx.AsyncClient(timeout=20) as http:
        journey = seed.journey(whole, http)
        for step in journey.steps:
            await step.take()

        stipend = await journey.mentee.get(f"/v1/stipends/{journey.application}")
        detail = (await http.get(f"{whole.addresses.gateway}/v1/projects/{journey.project}")).json()

    assert [installment["status"] for installment in stipend["installments"]] == ["paid", "scheduled"]
    assert [mentor["id"] for mentor in detail["mentors"]] == [journey.mentor.id]
    assert stipend["installments"][0]["amount"]["amount_minor"] == HALF
    assert journey.budget["balances"]["paid"]["amount_minor"] == HALF
    await everything_has_arrived(whole)


async def test_the_front_page_leads_to_every_document(whole: Platform):
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=20, follow_redirects=True) as http:
        front = (await http.get("/")).text
        for service in ("identity", "projects", "applications", "stipends"):
            for place in (
                f"/docs/{service}",
                f"/openapi/{service}.json",
                f"/asyncapi/{service}",
                f"/asyncapi/{service}.json",
            ):
                assert (await http.get(place)).status_code == 200, place
            assert f"/docs/{service}" in front
            assert f"/asyncapi/{service}" in front
        assert (await http.get("/sign-in")).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_what_is_for_operators_is_not_there_for_the_public(whole: Platform, path: str):
    async with httpx.AsyncClient(base_url=whole.addresses.gateway) as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
