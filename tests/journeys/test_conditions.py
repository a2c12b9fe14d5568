"""Every read, asked again under the ETag that it was answered with; through the gateway, which compresses."""

import re
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from tests.contract.openapi import operations
from tests.support.settled import everything_has_arrived
from tests.support.waiting import eventually

NOT_LEFT = {
    "GET /v1/applications/draft",
    "GET /v1/certificates/referrals/{id}",
    "GET /v1/clients/{id}",
    "GET /v1/me/avatar",
    "GET /v1/me/erasure",
    "GET /v1/me/export",
    "GET /v1/me/export/document",
    "GET /v1/me/mentor-profile",
    "GET /v1/me/resume",
    "GET /v1/mentees/{id}",
    "GET /v1/mentees/{id}/avatar",
    "GET /v1/mentors/{id}",
    "GET /v1/mentors/{id}/avatar",
    "GET /v1/payments/batches/{id}/export.xml",
    "GET /v1/terms/calendar/{token}.ics",
}
"""What one mentorship alone leaves nothing of to read; the services' own tests ask for it."""


@pytest.fixture(scope="module")
async def answers(whole: Platform, journey: Journey) -> AsyncIterator[dict[str, httpx.Response]]:
    """Ask for all there is, each time as the first who may, once nothing changes any more."""
    await everything_has_arrived(whole)
    found: dict[str, httpx.Response] = {}
    people = [journey.mentee, journey.mentor, journey.administrator, journey.finance, journey.staff]
    for person in people:
        await person.be_signed_in()
    (certificate,) = (await journey.mentee.get("/v1/certificates"))["items"]
    tasks = (await journey.mentor.get(f"/v1/applications/{journey.application}/tasks"))["items"]
    task = next(task["id"] for task in tasks if task["file"])
    evaluation = (await journey.mentor.get(f"/v1/applications/{journey.application}/evaluations"))["items"][0]["id"]
    ids = {"tasks": task, "evaluations": evaluation, "projects": journey.project}
    words = {"project_id": journey.project, "code": certificate["code"], "version": "lfx-2022"}
    asked = {"term_id": journey.term, "since": "2026-01-01", "country": "DE"}
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90) as http:
        for service in SERVICES:
            for operation in (one for one in operations(service) if one.method == "GET" and "stream" not in one.path):
                known = {"id": ids.get(operation.path.split("/")[2], journey.application), **words}
                place = re.sub(r"\{(\w+)\}", lambda hole: known.get(hole[1], "none"), operation.path)  # noqa: B023
                needed = [said["name"] for said in operation.described.get("parameters", ()) if said["required"]]
                params = {name: asked[name] for name in needed if name in asked}
                for person in people:
                    headers = {"Authorization": f"Bearer {person.token}"}
                    answer = await http.get(place, params=params, headers=headers)
                    if answer.status_code == httpx.codes.OK:
                        found[operation.name] = answer
                        break
        yield found


def test_all_that_is_there_was_asked_for(answers: dict[str, httpx.Response]):
    reads = {one.name for service in SERVICES for one in operations(service) if one.method == "GET"}
    assert {name for name in reads - set(answers) if "stream" not in name} <= NOT_LEFT


async def known_already(http: httpx.AsyncClient, asked: httpx.Request) -> httpx.Response | None:
    """Ask twice; None where it changed in between, for instance because a term passed one of its instants."""
    who = {"Authorization": asked.headers["authorization"]}
    first = await http.get(asked.url, headers=who)
    again = await http.get(asked.url, headers={**who, "If-None-Match": first.headers["etag"]})
    return again if again.status_code == httpx.codes.NOT_MODIFIED else None


async def test_what_is_known_is_not_sent_again(answers: dict[str, httpx.Response]):
    async with httpx.AsyncClient(timeout=90) as http:
        for name, answer in answers.items():
            if name.endswith("/audit"):
                continue  # what was asked meanwhile has left its notes
            if "no-store" in answer.headers["cache-control"]:
                assert "etag" not in answer.headers, name
                continue
            again = await eventually(partial(known_already, http, answer.request), what=f"{name}, not sent again")
            assert again.content == b""


async def test_under_another_tag_it_is_sent(answers: dict[str, httpx.Response]):
    async with httpx.AsyncClient(timeout=90) as http:
        for name, answer in answers.items():
            asked = {"Authorization": answer.request.headers["authorization"], "If-None-Match": '"another"'}
            again = await http.get(answer.request.url, headers=asked)
            assert again.status_code == httpx.codes.OK, name


def test_what_a_person_is_answered_is_kept_by_no_cache_on_the_way(answers: dict[str, httpx.Response]):
    said = {name: answer.headers["cache-control"] for name, answer in answers.items()}
    assert [name for name, kept in said.items() if "private" not in kept and "no-store" not in kept] == []
