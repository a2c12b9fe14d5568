"""Projects alone: enrollment over HTTP, with people told by identity's events."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from uuid6 import uuid7

from contracts.identity import PersonDescribed
from contracts.projects import (
    MentorInvitationAccepted,
    MentorJoined,
    ProjectDrafted,
    ProjectPublished,
    ProjectSubmitted,
    TermOpened,
    TermPlanned,
)
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.support.issuer import Issuer
from tests.support.mailed import mailed
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


def somebody() -> str:
    return str(uuid7())


def enrollment(**changes: object) -> dict[str, object]:
    return {
        "name": f"Kernel {uuid7()}",
        "description": "Learn to mend the kernel.",
        "repository_url": "https://example.org/kernel",
        "skills": ["C"],
        **changes,
    }


def term(**changes: object) -> dict[str, object]:
    now = datetime.now(UTC)
    days = {"window_opens_at": -1, "window_closes_at": 10, "starts_at": 20, "ends_at": 110}
    instants = {name: (now + timedelta(days=day)).isoformat() for name, day in days.items()}
    return {"name": "Spring", "capacity": 2, "time_zone": "Europe/Berlin", **instants, **changes}


async def drafted(owner: httpx.AsyncClient) -> dict[str, str]:
    answer = await owner.post("/v1/projects", json=enrollment())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def published(owner: httpx.AsyncClient, staff: httpx.AsyncClient) -> str:
    id = (await drafted(owner))["id"]
    assert (await owner.post(f"/v1/projects/{id}/terms", json=term())).status_code == 201
    accepted = {"accepted_terms_version": "2026-01"}
    assert (await owner.post(f"/v1/projects/{id}/submit", json=accepted)).status_code == 200
    assert (await staff.post(f"/v1/projects/{id}/publish")).status_code == 200
    return id


async def test_a_project_goes_from_draft_to_the_public_and_each_step_is_told(projects: Served):
    owner, staff = await projects.caller(somebody()), await projects.caller(somebody(), "staff")
    anybody = await projects.caller()

    id = await published(owner, staff)

    seen = (await anybody.get(f"/v1/projects/{id}")).json()
    assert seen["status"] == "published"
    assert [term["label"] for term in seen["terms"]] == ["Apply now"]
    assert [type(event) for event in await projects.told(id)] == [ProjectDrafted, ProjectSubmitted, ProjectPublished]


async def test_a_draft_is_there_for_its_people_and_staff_alone(projects: Served):
    owner = await projects.caller(somebody())
    id = (await drafted(owner))["id"]

    statuses = {
        "owner": (await owner.get(f"/v1/projects/{id}")).status_code,
        "staff": (await (await projects.caller(somebody(), "staff")).get(f"/v1/projects/{id}")).status_code,
        "stranger": (await (await projects.caller(somebody())).get(f"/v1/projects/{id}")).status_code,
        "anonymous": (await (await projects.caller()).get(f"/v1/projects/{id}")).status_code,
    }
    assert statuses == {"owner": 200, "staff": 200, "stranger": 404, "anonymous": 404}


async def test_two_enrollments_of_one_name_at_the_same_time_make_one_project(projects: Served):
    owner = await projects.caller(somebody())
    wanted = enrollment()

    answers = await asyncio.gather(*(owner.post("/v1/projects", json=wanted) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/name-taken"}


async def test_what_is_shown_with_a_project_is_part_of_its_etag(projects: Served):
    owner = await projects.caller(somebody())
    place = f"/v1/projects/{(await drafted(owner))['id']}"
    before = (await owner.get(place)).headers["etag"]

    known = await owner.get(place, headers={"If-None-Match": before})
    await owner.post(f"{place}/terms", json=term())
    after = await owner.get(place, headers={"If-None-Match": before})
    edited = await owner.patch(place, json={"description": "More."}, headers={"If-Match": after.headers["etag"]})

    assert (known.status_code, after.status_code, edited.status_code) == (304, 200, 200)
    assert [planned["name"] for planned in after.json()["terms"]] == ["Spring"]


async def test_a_rejected_project_tells_the_reason_and_can_be_submitted_again(projects: Served):
    owner, staff = await projects.caller(somebody()), await projects.caller(somebody(), "staff")
    id = (await drafted(owner))["id"]
    await owner.post(f"/v1/projects/{id}/terms", json=term())
    await owner.post(f"/v1/projects/{id}/submit", json={"accepted_terms_version": "2026-01"})

    rejected = await staff.post(f"/v1/projects/{id}/reject", json={"reason": "Say more."})
    edited = await owner.patch(f"/v1/projects/{id}", json={"description": "More."})
    again = await owner.post(f"/v1/projects/{id}/submit", json={"accepted_terms_version": "2026-01"})

    assert (rejected.json()["status"], rejected.json()["rejection"]) == ("rejected", "Say more.")
    assert (edited.json()["description"], again.json()["status"]) == ("More.", "submitted")


async def test_an_invited_person_becomes_mentor_once_by_the_mailed_link(projects: Served, platform: Platform):
    owner, staff = await projects.caller(somebody()), await projects.caller(somebody(), "staff")
    id = await published(owner, staff)
    mentor_id, address = somebody(), f"{uuid7()}@example.org"
    await projects.hears(person(mentor_id, address))
    mentor = await projects.caller(mentor_id)

    invited = await owner.post(f"/v1/projects/{id}/mentor-invitations", json={"email": address})
    token = await mailed_token(platform, address)
    answers = await asyncio.gather(
        *(mentor.post("/v1/mentor-invitations/accept", json={"token": token}) for _ in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    detail = (await mentor.get(f"/v1/projects/{id}")).json()
    assert [known["id"] for known in detail["mentors"]] == [mentor_id]
    assert [type(event) for event in await projects.told(invited.json()["id"])][1:] == [MentorInvitationAccepted]
    assert [type(event) for event in await projects.told(id)][-1:] == [MentorJoined]


async def test_an_invitation_is_for_the_invited_address_alone(projects: Served, platform: Platform):
    owner, staff = await projects.caller(somebody()), await projects.caller(somebody(), "staff")
    id = await published(owner, staff)
    other, address = somebody(), f"{uuid7()}@example.org"
    await projects.hears(person(other, "other@example.org"))
    await owner.post(f"/v1/projects/{id}/mentor-invitations", json={"email": address})

    token = await mailed_token(platform, address)
    answer = await (await projects.caller(other)).post("/v1/mentor-invitations/accept", json={"token": token})

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-invited")


async def test_an_invitation_fits_by_any_address_that_the_person_proved_by_then(projects: Served, platform: Platform):
    owner, staff = await projects.caller(somebody()), await projects.caller(somebody(), "staff")
    id = await published(owner, staff)
    mentor_id, first, second = somebody(), f"{uuid7()}@example.org", f"{uuid7()}@example.org"
    await projects.hears(person(mentor_id, first))
    mentor = await projects.caller(mentor_id)
    await owner.post(f"/v1/projects/{id}/mentor-invitations", json={"email": second})
    said = {"token": await mailed_token(platform, second)}
    assert (await mentor.post("/v1/mentor-invitations/accept", json=said)).status_code == 403

    await projects.hears(person(mentor_id, first, second, sequence=2))

    assert (await mentor.post("/v1/mentor-invitations/accept", json=said)).status_code == 200
    known = await owner.post(f"/v1/projects/{id}/mentor-invitations", json={"email": first})
    assert (known.status_code, known.json()["type"]) == (409, "/problems/already-member")


async def test_a_term_passes_its_opening_by_itself_and_says_so_once(projects: Served):
    owner = await projects.caller(somebody())
    id = (await drafted(owner))["id"]

    planned = (await owner.post(f"/v1/projects/{id}/terms", json=term())).json()["id"]

    async def opened() -> bool:
        return len(await projects.told(planned)) >= 2

    await eventually(opened, what="the opening")
    assert [type(event) for event in await projects.told(planned)] == [TermPlanned, TermOpened]


def person(id: str, *emails: str, sequence: int = 1) -> PersonDescribed:
    at = datetime.now(UTC)
    return PersonDescribed(id=id, name="Mira", emails=emails, sequence=sequence, at=at, by=id)


async def mailed_token(platform: Platform, address: str) -> str:
    (mail,) = await mailed(platform, address, "You are invited")
    found = re.search(r"token=([\w-]+)", mail["text"])
    assert found
    return found.group(1)
