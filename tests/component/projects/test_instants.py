"""Projects alone: what the clock does by itself, once, however late and however many workers there are."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from uuid6 import uuid7

from contracts.projects import (
    MentorInvitationExpired,
    MentorInvitationSent,
    TermClosed,
    TermEnded,
    TermOpened,
    TermPlanned,
    TermStarted,
)
from deploy.local.platform import Platform
from services.chassis.service import Role
from services.projects import app as rooms
from services.projects.store import ProjectsStore
from tests.component.projects.scene import Scene, mailed, mails, problem, published, somebody, token_in
from tests.component.projects.test_requests import Ahead
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


def ahead(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def replicas(served: Served, number: int = 4) -> list[ProjectsStore]:
    """Give so many workers on the same store, each with connections of its own."""
    return [rooms.build(served.service.settings).data for _ in range(number)]  # type: ignore[arg-type]


async def work_off(workers: list[ProjectsStore], at: datetime) -> None:
    """Let all workers at once do whatever is due, as their jobs would without a lease."""

    async def work(worker: ProjectsStore) -> None:
        while await worker.cross_due_instant(at) or await worker.expire_due_invitation(at):
            pass

    await asyncio.gather(*(work(worker) for worker in workers))


async def invited(scene: Scene, address: str, noun: str = "mentor-invitations") -> str:
    answer = await scene.owner.client.post(f"{scene.place}/{noun}", json={"email": address})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_clock_that_jumps_over_three_instants_crosses_each_once(platform: Platform, issuer: Issuer):
    clock = Ahead()
    async with serving(rooms, platform, issuer, clock=clock) as served:
        scene = await published(served, window_opens_at=ahead(1))
        clock.by = timedelta(days=30)

        async def started() -> bool:
            return TermStarted in await scene.told(scene.term_id)

        await eventually(started, what="the start")
        assert await scene.told(scene.term_id) == [TermPlanned, TermOpened, TermClosed, TermStarted]
        clock.by = timedelta(days=111)
        await work_off([served.service.data], clock())
        assert (await scene.told(scene.term_id))[4:] == [TermEnded]


async def test_several_workers_at_once_cross_each_instant_once(projects: Served):
    scene = await published(projects, window_opens_at=ahead(1))
    await work_off(replicas(projects), datetime.now(UTC) + timedelta(days=200))
    assert await scene.told(scene.term_id) == [TermPlanned, TermOpened, TermClosed, TermStarted, TermEnded]


async def test_an_invitation_nobody_answers_expires_once_and_its_sender_hears_of_it(
    projects: Served, platform: Platform
):
    scene, mentor = await published(projects), await somebody(projects)
    id = await invited(scene, mentor.address)
    token = token_in((await mails(platform, mentor.address))[0])
    late = datetime.now(UTC) + timedelta(days=7, minutes=1)

    await work_off(replicas(projects), late)

    place = f"{scene.place}/mentor-invitations"
    assert [item["status"] for item in (await scene.owner.client.get(place)).json()["items"]] == ["expired"]
    assert await scene.told(id) == [MentorInvitationSent, MentorInvitationExpired]
    refused = await mentor.client.post("/v1/mentor-invitations/accept", json={"token": token})
    assert problem(refused) == (409, "invitation-expired")
    [mail] = await mailed(platform, scene.owner.address, "Nobody answered")
    assert mentor.address in mail["text"]
    again = await scene.owner.client.post(f"{place}/{id}/resend")
    assert (again.status_code, again.json()["status"]) == (200, "invited")


async def test_what_expired_while_no_worker_ran_is_told_by_the_first_that_comes(platform: Platform, issuer: Issuer):
    clock = Ahead()
    async with serving(rooms, platform, issuer, clock=clock, role=Role.API) as served:
        owner = await served.caller(str(uuid7()))
        project = (await owner.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})).json()["id"]
        place = f"/v1/projects/{project}/mentor-invitations"
        id = (await owner.post(place, json={"email": f"{uuid7()}@example.org"})).json()["id"]
        clock.by = timedelta(days=30)
        assert len(await served.told(id)) == 1

        await work_off(replicas(served, 1), clock())

        assert [type(event) for event in await served.told(id)] == [MentorInvitationSent, MentorInvitationExpired]


async def test_one_invitation_to_a_role_is_open_for_an_address(projects: Served):
    scene, address = await published(projects), f"{uuid7()}@example.org"
    place = f"{scene.place}/mentor-invitations"

    answers = await asyncio.gather(*(scene.owner.client.post(place, json={"email": address}) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    assert {problem(answer)[1] for answer in answers if answer.status_code == 409} == {"invitation-open"}
    assert (await scene.owner.client.post(f"{scene.place}/administrators", json={"email": address})).status_code == 201
    [id] = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    await scene.owner.client.delete(f"{place}/{id}")
    assert await invited(scene, address.upper().replace("@EXAMPLE.ORG", "@example.org"))


async def test_who_mentors_already_is_not_invited_by_any_of_their_addresses(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    await invited(scene, mentor.address)
    token = token_in((await mails(platform, mentor.address))[0])
    await mentor.client.post("/v1/mentor-invitations/accept", json={"token": token})

    again = await scene.owner.client.post(f"{scene.place}/mentor-invitations", json={"email": mentor.address.upper()})

    assert problem(again) == (409, "already-member")
    [mail] = await mailed(platform, scene.owner.address, "is mentor of")
    assert mail["subject"].startswith("Mira is mentor of Kernel")


async def test_administrators_hear_of_a_declined_invitation(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    await invited(scene, mentor.address)
    token = token_in((await mails(platform, mentor.address))[0])
    await mentor.client.post("/v1/mentor-invitations/decline", json={"token": token})
    assert len(await mailed(platform, scene.owner.address, "Mira declined your invitation")) == 1


async def test_a_capacity_is_not_lowered_below_the_places_that_are_taken(projects: Served):
    scene = await published(projects, capacity=5)
    for status in ("accepted", "active", "graduated", "pending", "declined"):
        await scene.applied(status)
    place = f"/v1/terms/{scene.term_id}"
    refused = await scene.owner.client.patch(place, json={"capacity": 2})
    lowered = await scene.owner.client.patch(place, json={"capacity": 3})
    assert (problem(refused), lowered.status_code) == ((409, "places-taken"), 200)
    assert lowered.json()["window_closes_local"].endswith(("+01:00", "+02:00"))
