"""A graduate who takes all their data along and goes: through the gateway, and then a look into every store."""

import json
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey.person import Person
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from services.chassis.mongo import Database
from tests.journeys.test_operated import WITH_COPIES, operate
from tests.support.mailed import mailed
from tests.support.settled import everything_has_arrived
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def journey(whole: Platform) -> AsyncIterator[Journey]:
    """Play one to its end with a mentee and a mentor whom nobody else is called like."""
    async with httpx.AsyncClient(timeout=90) as http:
        journey = seed.journey(whole, http)
        journey.mentee.name, journey.mentor.name = f"Mei {uuid7().hex[-9:]}", f"Mo {uuid7().hex[-9:]}"
        for step in journey.steps:
            await step.take()
        yield journey


async def document_of(person: Person) -> dict[str, Any]:
    await person.post("/v1/me/export")

    async def look() -> bool:
        return bool((await person.get("/v1/me/export"))["status"] == "complete")

    await eventually(look, within=180, what="the export")
    said: dict[str, Any] = json.loads(await person.fetch("/v1/me/export/document"))
    return said


async def ask_to_be_erased(journey: Journey, person: Person) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.token}"}
    return await journey.http.request("DELETE", f"{journey.gateway}/v1/me", json={}, headers=headers)


async def test_the_document_tells_of_all_four_services(journey: Journey):
    await journey.mentee.sign_in()
    said = await document_of(journey.mentee)

    assert said["identity"]["people"][0]["emails"] == [journey.mentee.email]
    assert said["identity"]["mentee_profile"]["introduction"] == "I mend things."
    assert said["projects"]["person"]["name"] == journey.mentee.name
    (application,) = said["applications"]["applications"]
    assert (application["id"], application["status"]) == (journey.application, "graduated")
    assert application["answers"][0]["text"] == "It runs everywhere, and I have twelve weeks."
    assert [task["submission"] is not None for task in application["tasks"]] == [True, True]
    assert said["applications"]["certificates"][0]["name"] == journey.mentee.name
    (stipend,) = said["stipends"]["stipends"]
    assert [part["status"] for part in stipend["installments"]] == ["paid", "paid"]
    assert said["stipends"]["payee"]["holder_name"].startswith("M•••")
    everything = json.dumps(said)
    others = (journey.mentor, journey.administrator, journey.staff, journey.finance)
    assert [text for other in others for text in (other.name, other.email) if text in everything] == []
    assert "sandbox-paid" not in everything


async def test_who_alone_administers_a_project_stays(journey: Journey):
    await journey.administrator.sign_in()
    refused = await ask_to_be_erased(journey, journey.administrator)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-administrator")


async def gone(whole: Platform, person: Person) -> bool:
    return await traces(whole, person) == []


async def test_nothing_personal_is_left_in_any_store(whole: Platform, journey: Journey):
    people = (journey.mentee, journey.mentor)
    before = {person.email: await traces(whole, person) for person in people}
    assert all({place.split(".")[0] for place in found} == {*SERVICES} for found in before.values()), before
    for person in people:
        await person.sign_in()
        asked = await ask_to_be_erased(journey, person)
        assert asked.status_code == 202, asked.text
    for person in people:
        await mailed(whole, person.email, "is erased")
        await eventually(partial(gone, whole, person), what=f"the last trace of {person.name}")
    await everything_has_arrived(whole)


async def test_what_is_sent_again_and_rebuilt_brings_nobody_back(whole: Platform, journey: Journey):
    await operate(whole, "events", "replay", "--service", "identity", "--since", "1h", "--yes")
    for service in WITH_COPIES:
        await operate(whole, "projections", "rebuild", service, "--yes")
    await everything_has_arrived(whole)
    assert await traces(whole, journey.mentee) == []
    assert await traces(whole, journey.mentor) == []


async def test_the_books_and_the_decisions_stay(journey: Journey):
    finance = journey.finance
    await finance.be_signed_in()
    budget = await finance.get(f"/v1/budgets/{journey.project}")
    stipend = await finance.get(f"/v1/stipends/{journey.application}")
    application = await journey.administrator.get(f"/v1/applications/{journey.application}")
    project = await journey.administrator.get(f"/v1/projects/{journey.project}")

    assert budget["balances"] == journey.budget["balances"]
    assert [part["status"] for part in stipend["installments"]] == ["paid", "paid"]
    assert (application["status"], application["statement"]) == ("graduated", "")
    assert project["mentors"] == []


async def test_the_account_is_gone(journey: Journey):
    with pytest.raises(Exception, match="/sign-in: 422"):
        await journey.mentee.sign_in()


async def traces(whole: Platform, person: Person) -> list[str]:
    """Name every collection of every store that says who somebody is."""
    found: list[str] = []
    for service in SERVICES:
        store = Database(whole.addresses.mongodb_uri, service)
        rows = {name: await store[name].find({}) for name in await store.collections()}
        found += [f"{service}.{name}" for name in rows if names(rows[name], person)]
        store.close()
    return found


def names(rows: Iterable[dict[str, Any]], person: Person) -> bool:
    return any(text in str(row) for row in rows for text in (person.name, person.email))
