"""Projects alone: mentors who go while evaluations are open, and who hears of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from uuid6 import uuid7

from contracts.applications import EvaluationRecorded, EvaluationScheduled, Milestone
from contracts.ids import ActorId, ApplicationId, EvaluationId
from contracts.projects import MentorLeft
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import Scene, mailed, mails, problem, published
from tests.component.projects.test_people import joined, members
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


def scheduled(application: str, milestone: Milestone) -> EvaluationScheduled:
    return EvaluationScheduled(
        id=EvaluationId(str(uuid7())),
        application_id=ApplicationId(application),
        milestone=milestone,
        due_on=datetime.now(UTC).date(),
        verdict=None,
        sequence=1,
        at=datetime.now(UTC),
        by=ActorId("system:applications"),
    )


def given(evaluation: EvaluationScheduled) -> EvaluationRecorded:
    said = evaluation.model_dump() | {"verdict": "satisfactory", "sequence": 2, "type": "evaluation.recorded.v1"}
    return EvaluationRecorded.model_validate(said)


async def mentored(scene: Scene, milestones: Sequence[Milestone] = (Milestone.MIDTERM,)) -> list[EvaluationScheduled]:
    """Let a mentee be active whose evaluations are open."""
    application = str(uuid7())
    due = [scheduled(application, milestone) for milestone in milestones]
    await scene.served.hears(*due)
    await scene.applied("active", id=application)
    return due


async def leaves(scene: Scene, id: str, replaced_by: str | None = None) -> tuple[int, str]:
    params = {"replaced_by": replaced_by} if replaced_by else {}
    answer = await scene.owner.client.delete(f"{scene.place}/members/{id}", params=params)
    return problem(answer) if answer.content else (answer.status_code, "")


async def test_the_last_mentor_stays_while_evaluations_are_open(projects: Served, platform: Platform):
    scene = await published(projects)
    mentor = await joined(scene, platform, "Mira")
    [midterm] = await mentored(scene)

    assert await leaves(scene, mentor.id) == (409, "evaluations-open")
    await scene.served.hears(given(midterm))
    assert await leaves(scene, mentor.id) == (204, "")


async def test_optional_evaluations_and_ended_mentorships_hold_nobody(projects: Served, platform: Platform):
    scene = await published(projects)
    mentor = await joined(scene, platform, "Mira")
    await mentored(scene, (Milestone.FIRST, Milestone.THIRD))
    ended = str(uuid7())
    await scene.served.hears(scheduled(ended, Milestone.FINAL))
    await scene.applied("failed", id=ended)
    assert await leaves(scene, mentor.id) == (204, "")


async def test_an_administrator_who_takes_over_mentors_and_the_event_says_from_whom(
    projects: Served, platform: Platform
):
    scene = await published(projects)
    mentor, second = await joined(scene, platform, "Mira"), await joined(scene, platform, "Alma", "administrators")
    await mentored(scene)

    stranger = await leaves(scene, mentor.id, str(uuid7()))
    left = await leaves(scene, mentor.id, second.id)

    assert (stranger, left, await members(scene)) == ((422, "no-replacement"), (204, ""), [("Alma", "mentor")])
    told = (await scene.served.told(scene.id))[-1]
    assert isinstance(told, MentorLeft)
    assert (told.mentor_id, told.replaced_by, told.mentors) == (mentor.id, second.id, (second.id,))
    assert len(await mailed(platform, second.address, "You take over from Mira at Kernel")) == 1
    assert len(await mailed(platform, mentor.address, "You no longer belong to the people of Kernel")) == 1


async def test_two_last_mentors_cannot_both_leave_at_once(projects: Served, platform: Platform):
    scene = await published(projects)
    both = [await joined(scene, platform, name) for name in ("Mira", "Mo")]
    await mentored(scene)

    answers = await asyncio.gather(*(who.client.delete(f"{scene.place}/members/{who.id}") for who in both))

    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert len(await members(scene)) == 1


async def test_administrators_hear_of_who_left_and_nobody_hears_of_themself(projects: Served, platform: Platform):
    scene = await published(projects)
    mentor = await joined(scene, platform, "Mira")
    await mentor.client.delete(f"{scene.place}/members/{mentor.id}")
    assert len(await mailed(platform, scene.owner.address, "Mira left Kernel")) == 1
    assert not [mail for mail in await mails(platform, mentor.address) if "no longer belong" in mail["subject"]]


async def test_nobody_leaves_an_archived_project(projects: Served, platform: Platform):
    scene = await published(projects)
    mentor = await joined(scene, platform, "Mira")
    await scene.owner.client.post(f"{scene.place}/archive")
    assert await leaves(scene, mentor.id) == (409, "not-in-this-state")


async def test_current_and_graduated_mentees_are_counted_whatever_comes_at_once(projects: Served):
    scene = await published(projects)
    active = await asyncio.gather(*(scene.applied("active") for _ in range(8)))
    await scene.applied("accepted")

    async def counted() -> dict[str, int]:
        detail = (await scene.anybody.get(scene.place)).json()
        name = {"q": detail["name"].split()[-1]}
        [listed] = [
            item
            for item in (await scene.anybody.get("/v1/projects", params=name)).json()["items"]
            if item["id"] == scene.id
        ]
        assert listed["mentees"] == detail["mentees"]
        return dict(detail["mentees"])

    version = (await scene.owner.client.get(scene.place)).json()["version"]
    assert await counted() == {"current": 8, "graduated": 0}
    await asyncio.gather(
        *(
            scene.applied(status, id=event.id, sequence=2, mentee_id=event.mentee_id)
            for event, status in zip(active, ["graduated"] * 5 + ["failed"] * 2 + ["active"], strict=True)
        )
    )
    assert await counted() == {"current": 1, "graduated": 5}
    await scene.owner.client.patch(scene.place, json={"website_url": "https://example.org"})
    assert await counted() == {"current": 1, "graduated": 5}
    assert (await scene.owner.client.get(scene.place)).json()["version"] == version + 1
