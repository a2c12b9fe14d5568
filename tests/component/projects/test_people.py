"""Projects alone: invitations and the people who come by them, leave, and are shown."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from uuid6 import uuid7

from contracts.projects import (
    AdministratorJoined,
    AdministratorLeft,
    MentorInvitationDeclined,
    MentorInvitationRevoked,
    MentorInvitationSent,
    MentorJoined,
    MentorLeft,
)
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import Scene, Somebody, mails, problem, published, somebody, token_in
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def invited(
    scene: Scene, platform: Platform, whom: Somebody, noun: str = "mentor-invitations"
) -> tuple[str, str]:
    """Invite somebody; gives the invitation's id and the mailed token."""
    answer = await scene.owner.client.post(f"{scene.place}/{noun}", json={"email": whom.address})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], token_in((await mails(platform, whom.address))[0])


async def joined(scene: Scene, platform: Platform, name: str, noun: str = "mentor-invitations") -> Somebody:
    person = await somebody(scene.served, name)
    _, token = await invited(scene, platform, person, noun)
    answer = await person.client.post("/v1/mentor-invitations/accept", json={"token": token})
    assert answer.status_code == 200, answer.text
    return person


async def members(scene: Scene, who: Somebody | None = None) -> list[tuple[str, str]]:
    client = who.client if who else scene.anybody
    items = (await client.get(f"{scene.place}/members")).json()["items"]
    return [(item["name"], item["role"]) for item in items]


async def test_the_public_sees_mentors_and_administrators_see_everybody(projects: Served, platform: Platform):
    scene = await published(projects)
    mentor = await joined(scene, platform, "Mira")
    every = [("Olga", "administrator"), ("Mira", "mentor")]
    assert await members(scene) == await members(scene, mentor) == [("Mira", "mentor")]
    assert await members(scene, scene.owner) == every
    assert [item["name"] for item in (await scene.staff.get(f"{scene.place}/members")).json()["items"]] == [
        name for name, _ in every
    ]


async def test_members_of_a_hidden_project_are_not_shown(projects: Served):
    scene = await published(projects)
    await scene.owner.client.post(f"{scene.place}/hide")
    assert problem(await scene.anybody.get(f"{scene.place}/members")) == (404, "project-unknown")


async def test_an_invited_administrator_decides_like_the_first_one(projects: Served, platform: Platform):
    scene = await published(projects)
    second = await joined(scene, platform, "Alma", "administrators")

    assert (await second.client.post(f"{scene.place}/hide")).status_code == 200
    left = await scene.owner.client.delete(f"{scene.place}/members/{scene.owner.id}")
    last = await second.client.delete(f"{scene.place}/members/{second.id}")

    assert (left.status_code, left.content, problem(last)) == (204, b"", (409, "last-administrator"))
    assert problem(await scene.owner.client.post(f"{scene.place}/unhide")) == (404, "project-unknown")
    told = await scene.told(scene.id)
    assert (told.count(AdministratorJoined), told[-1]) == (1, AdministratorLeft)


async def test_two_administrators_cannot_both_leave_at_once(projects: Served, platform: Platform):
    scene = await published(projects)
    second = await joined(scene, platform, "Alma", "administrators")
    answers = await asyncio.gather(
        *(who.client.delete(f"{scene.place}/members/{who.id}") for who in (scene.owner, second))
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


@pytest.mark.parametrize("by", ["the mentor", "an administrator"])
async def test_a_mentor_leaves_or_is_removed(projects: Served, platform: Platform, by: str):
    scene = await published(projects)
    mentor = await joined(scene, platform, "Mira")
    who = mentor if by == "the mentor" else scene.owner
    stranger = await somebody(projects)

    refused = await stranger.client.delete(f"{scene.place}/members/{mentor.id}")
    left = await who.client.delete(f"{scene.place}/members/{mentor.id}")

    assert (problem(refused), left.status_code, await members(scene)) == ((403, "not-allowed"), 204, [])
    assert (await scene.told(scene.id))[-2:] == [MentorJoined, MentorLeft]
    assert problem(await who.client.delete(f"{scene.place}/members/{mentor.id}")) == (404, "member-unknown")


async def test_an_invitation_sent_again_has_a_new_token_and_the_old_one_is_dead(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    id, old = await invited(scene, platform, mentor)

    again = await scene.owner.client.post(f"{scene.place}/mentor-invitations/{id}/resend")

    async def both() -> list[str]:
        found = [token_in(mail) for mail in await mails(platform, mentor.address)]
        return found if len(found) == 2 else []

    new = next(token for token in await eventually(both, what="the second mail") if token != old)
    answers = [await mentor.client.post("/v1/mentor-invitations/accept", json={"token": token}) for token in (old, new)]
    assert (again.json()["status"], problem(answers[0]), answers[1].status_code) == (
        "invited",
        (404, "invitation-unknown"),
        200,
    )
    assert (await scene.told(id))[:2] == [MentorInvitationSent, MentorInvitationSent]


async def test_a_revoked_invitation_no_longer_holds(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    id, token = await invited(scene, platform, mentor)
    place = f"{scene.place}/mentor-invitations/{id}"

    revoked = await scene.owner.client.delete(place)

    assert (revoked.status_code, revoked.content) == (204, b"")
    accepted = await mentor.client.post("/v1/mentor-invitations/accept", json={"token": token})
    assert problem(accepted) == problem(await scene.owner.client.post(f"{place}/resend")) == (409, "invitation-used")
    assert await scene.told(id) == [MentorInvitationSent, MentorInvitationRevoked]


async def test_a_declined_invitation_makes_nobody_a_mentor(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    id, token = await invited(scene, platform, mentor)
    stranger = await somebody(projects)

    refused = await stranger.client.post("/v1/mentor-invitations/decline", json={"token": token})
    declined = await mentor.client.post("/v1/mentor-invitations/decline", json={"token": token})
    late = await mentor.client.post("/v1/mentor-invitations/accept", json={"token": token})

    assert (problem(refused), declined.json()["status"]) == ((403, "not-invited"), "declined")
    assert (problem(late), await members(scene)) == ((409, "invitation-used"), [])
    assert await scene.told(id) == [MentorInvitationSent, MentorInvitationDeclined]


async def test_of_answers_at_the_same_time_one_counts(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    id, token = await invited(scene, platform, mentor)
    answers = await asyncio.gather(
        *(
            mentor.client.post(f"/v1/mentor-invitations/{verb}", json={"token": token})
            for verb in ("accept", "decline", "accept", "decline")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    [won] = [answer.json()["status"] for answer in answers if answer.status_code == 200]
    assert (len(await members(scene)), len(await scene.told(id))) == (1 if won == "accepted" else 0, 2)


async def test_administrators_alone_see_and_move_the_invitations(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    id, _ = await invited(scene, platform, mentor)
    place = f"{scene.place}/mentor-invitations"

    listed = (await scene.owner.client.get(place)).json()["items"]
    assert [(item["id"], item["email"], item["role"], item["status"]) for item in listed] == [
        (id, mentor.address, "mentor", "invited")
    ]
    assert "token" not in str(listed)
    for who, status in ((scene.anybody, 401), (mentor.client, 403), (scene.staff, 403)):
        answers = [
            await who.get(place),
            await who.post(f"{place}/{id}/resend"),
            await who.delete(f"{place}/{id}"),
            await who.post(f"{scene.place}/administrators", json={"email": "x@example.org"}),
        ]
        assert {answer.status_code for answer in answers} == {status}


async def test_an_invitation_of_another_project_is_not_there(projects: Served, platform: Platform):
    scene, other = await published(projects), await published(projects)
    id, _ = await invited(scene, platform, await somebody(projects))
    place = f"{other.place}/mentor-invitations/{id}"
    answers = [await other.owner.client.post(f"{place}/resend"), await other.owner.client.delete(place)]
    assert {problem(answer) for answer in answers} == {(404, "invitation-unknown")}


async def test_an_applicant_does_not_become_mentor_of_the_same_project(projects: Served, platform: Platform):
    scene, mentor = await published(projects), await somebody(projects)
    _, token = await invited(scene, platform, mentor)
    await scene.applied("withdrawn", mentee_id=mentor.id, term_id=str(uuid7()))
    await scene.applied("pending", mentee_id=mentor.id)

    answer = await mentor.client.post("/v1/mentor-invitations/accept", json={"token": token})

    assert (problem(answer), await members(scene)) == ((409, "mentee-of-project"), [])
