"""One mentorship through the gateway with all processes, from sign-up to both installments and the letter."""

import re

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local.journey.play import ENROLLMENT, Journey
from deploy.local.platform import Platform
from services.chassis.mongo import Database
from tests.support.settled import everything_has_arrived

HALF = 270_000
"""Minor units: half of what the published schedule gives for Germany."""


async def test_a_mentorship_ends_with_both_installments_paid(whole: Platform, journey: Journey):
    stipend = await journey.mentee.get(f"/v1/stipends/{journey.application}")
    project = await journey.administrator.get(f"/v1/projects/{journey.project}")

    assert [installment["status"] for installment in stipend["installments"]] == ["paid", "paid"]
    assert [mentor["id"] for mentor in project["mentors"]] == [journey.mentor.id]
    assert [installment["amount"]["amount_minor"] for installment in stipend["installments"]] == [HALF, HALF]
    assert journey.budget["balances"]["paid"]["amount_minor"] == 2 * HALF
    await everything_has_arrived(whole)


async def test_a_mentorship_ends_with_a_letter_that_anybody_can_check(whole: Platform, journey: Journey):
    application = await journey.mentee.get(f"/v1/applications/{journey.application}")
    (certificate,) = (await journey.mentee.get("/v1/certificates"))["items"]
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90) as anybody:
        told = (await anybody.get(f"/v1/certificates/{certificate['code']}")).json()
        page = await anybody.get(f"/certificates/{certificate['code']}")

    assert (application["status"], told["valid"], told["name"]) == ("graduated", True, journey.mentee.name)
    assert "This letter is genuine." in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_the_public_sees_the_whole_enrollment_and_its_logo(whole: Platform, journey: Journey):
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90) as anybody:
        project = (await anybody.get(f"/v1/projects/{journey.project}")).json()
        logo = await anybody.get(f"/v1/projects/{journey.project}/logo", params={"v": project["logo"]})

    said = {name: value for name, value in ENROLLMENT.items() if name != "prerequisites"}
    shown = {name: project[name] for name in said}
    assert shown | {"evaluation_questions": []} == said | {"evaluation_questions": []}
    assert [question["id"] for question in project["evaluation_questions"]] == ["pace", "risk"]
    assert (logo.status_code, logo.headers["content-type"]) == (200, "image/png")


async def test_the_trace_of_the_acceptance_goes_on_in_the_reservation(whole: Platform, journey: Journey):
    accepted = await traces(whole, "applications", f"application/{journey.application}", "application.accepted.v1")
    reserved = await traces(whole, "stipends", f"stipend/{journey.application}", "stipend.reserved.v1")
    assert accepted == reserved
    assert len(accepted) == 1


async def test_no_log_holds_a_secret_or_an_address(whole: Platform, journey: Journey):
    people = (journey.administrator, journey.mentor, journey.mentee, journey.staff, journey.finance)
    secret = {text for person in people for text in (person.email, person.password, person.token, person.refresh_token)}
    for service in SERVICES:
        log = whole.folder.log_of(service).read_text()
        assert '"route": "/v1/' in log
        assert [text for text in secret if text and text in log] == []
        assert re.findall(r"eyJ[\w-]{10,}\.[\w-]+|[?&](?:code|token)=(?!\[redacted)[\w-]{8,}", log) == []


async def test_the_front_page_leads_to_every_document(whole: Platform):
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90, follow_redirects=True) as http:
        front = (await http.get("/")).text
        for service in SERVICES:
            documents = (f"/openapi/{service}.json", f"/asyncapi/{service}.json")
            for place in (f"/docs/{service}", f"/asyncapi/{service}", *documents):
                assert (await http.get(place)).status_code == 200, place
            assert f"/docs/{service}" in front
            assert f"/asyncapi/{service}" in front
        assert (await http.get("/sign-in")).status_code == 200
        assert (await http.get("/mentor-invitation", params={"token": "x"})).status_code == 200


INTERNAL = ("/health/live", "/health/ready", "/metrics", "/internal", "/docs", "/openapi.json")
HIDDEN = ("//metrics", "/v1/me/%2e%2e/%2e%2e/metrics", "/v1/me/..%2f..%2fmetrics")


@pytest.mark.parametrize("path", [*INTERNAL, *HIDDEN])
async def test_what_is_for_operators_is_not_there_for_the_public(whole: Platform, path: str):
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90) as http:
        answer = await http.get(f"{whole.addresses.gateway}{path}")  # with its own origin, for `//` begins one
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def traces(whole: Platform, service: str, key: str, kind: str) -> set[str]:
    """Give the ids of the traces in which an event of this kind was told."""
    store = Database(whole.addresses.mongodb_uri, service)
    rows = await store["outbox"].find({"key": key, "headers.ce_type": kind})
    store.close()
    return {row["headers"]["traceparent"].split("-")[1] for row in rows}
