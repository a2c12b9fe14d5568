"""Projects alone: people who ask to mentor, and the answers they get."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from contracts.identity import MentorProfileSaved
from contracts.projects import (
    MentorJoined,
    MentorRequestApproved,
    MentorRequestDeclined,
    MentorRequestSent,
    MentorRequestWithdrawn,
    ProjectPublished,
)
from deploy.local.platform import Platform
from services.chassis.service import now
from services.projects import app as rooms
from tests.component.projects.scene import Scene, Somebody, mailed, problem, published, somebody
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


class Ahead:
    """A clock that a test may set forward."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return now() + self.by


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


async def profiled(served: Served, name: str = "Mira", *, complete: bool = True) -> Somebody:
    person = await somebody(served, name)
    at = datetime.now(UTC)
    await served.hears(MentorProfileSaved(id=person.id, complete=complete, sequence=1, at=at, by=person.id))
    return person


async def asked(scene: Scene, who: Somebody, message: str = "I know C.") -> str:
    answer = await who.client.post(f"{scene.place}/mentor-requests", json={"message": message})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def answered(scene: Scene, id: str, verb: str, who: httpx.AsyncClient | None = None) -> httpx.Response:
    return await (who or scene.owner.client).post(f"{scene.place}/mentor-requests/{id}/{verb}")


async def mentors(scene: Scene) -> list[str]:
    return [item["name"] for item in (await scene.anybody.get(f"{scene.place}/members")).json()["items"]]


async def test_who_asks_and_is_approved_mentors_and_each_step_is_told_and_mailed(projects: Served, platform: Platform):
    scene, mira = await published(projects), await profiled(projects)

    id = await asked(scene, mira)
    approved = await answered(scene, id, "approve")

    assert (approved.status_code, approved.json()["status"], await mentors(scene)) == (200, "approved", ["Mira"])
    assert await scene.told(id) == [MentorRequestSent, MentorRequestApproved]
    assert (await scene.told(scene.id))[-2:] == [ProjectPublished, MentorJoined]
    [received] = await mailed(platform, scene.owner.address, "Mira wants to mentor")
    assert "/mentor-requests" in received["text"]
    assert len(await mailed(platform, mira.address, "You mentor for Kernel")) == 1


async def test_who_is_declined_reads_why_and_asks_again_after_thirty_days(platform: Platform, issuer: Issuer):
    clock = Ahead()
    async with serving(rooms, platform, issuer, clock=clock) as served:
        scene, mira = await published(served), await profiled(served)
        id = await asked(scene, mira)
        place = f"{scene.place}/mentor-requests"

        declined = await scene.owner.client.post(f"{place}/{id}/decline", json={"message": "Not this year."})
        clock.by = timedelta(days=29)
        too_soon = await mira.client.post(place)
        clock.by = timedelta(days=31)
        again = await mira.client.post(place)

        assert (declined.json()["status"], declined.json()["answer"]) == ("declined", "Not this year.")
        assert (problem(too_soon), again.status_code) == ((409, "asked-too-soon"), 201)
        assert await scene.told(id) == [MentorRequestSent, MentorRequestDeclined]
        [mail] = await mailed(platform, mira.address, "Your request to mentor for Kernel")
        assert "Not this year." in mail["text"]
        assert await mentors(scene) == []


async def test_who_withdraws_is_not_answered_any_more_and_may_ask_again(projects: Served):
    scene, mira = await published(projects), await profiled(projects)
    id = await asked(scene, mira)

    withdrawn = await answered(scene, id, "withdraw", mira.client)
    late = [await answered(scene, id, verb) for verb in ("approve", "decline")]

    assert (withdrawn.json()["status"], [problem(one) for one in late]) == (
        "withdrawn",
        [(409, "request-answered")] * 2,
    )
    assert (await mentors(scene), await scene.told(id)) == ([], [MentorRequestSent, MentorRequestWithdrawn])
    assert await asked(scene, mira) != id


async def test_without_a_complete_profile_nobody_asks(projects: Served):
    scene = await published(projects)
    place = f"{scene.place}/mentor-requests"
    for who in (await profiled(projects, complete=False), await somebody(projects)):
        assert problem(await who.client.post(place)) == (422, "mentor-profile-incomplete")


async def test_an_applicant_does_not_ask_and_is_not_approved(projects: Served):
    scene, mira, mo = await published(projects), await profiled(projects), await profiled(projects, "Mo")
    id = await asked(scene, mo)
    await scene.applied("pending", mentee_id=mira.id)
    await scene.applied("accepted", mentee_id=mo.id)

    refused = await mira.client.post(f"{scene.place}/mentor-requests")
    not_approved = await answered(scene, id, "approve")

    assert problem(refused) == problem(not_approved) == (409, "mentee-of-project")
    assert (await mentors(scene), await scene.told(id)) == ([], [MentorRequestSent])


async def test_a_hidden_project_is_not_there_for_who_asks_and_an_archived_one_answers_nobody(projects: Served):
    scene, mira, late = await published(projects), await profiled(projects), await profiled(projects)
    id = await asked(scene, mira)
    await scene.owner.client.post(f"{scene.place}/hide")

    refused = await late.client.post(f"{scene.place}/mentor-requests")
    await scene.owner.client.post(f"{scene.place}/archive")
    not_answered = [await answered(scene, id, verb) for verb in ("approve", "decline")]

    assert problem(refused) == (404, "project-unknown")
    assert [problem(one) for one in not_answered] == [(409, "not-in-this-state")] * 2
    assert (await answered(scene, id, "withdraw", mira.client)).status_code == 200


async def test_a_project_whose_terms_are_over_is_not_asked(platform: Platform, issuer: Issuer):
    clock = Ahead()
    async with serving(rooms, platform, issuer, clock=clock) as served:
        scene, mira = await published(served), await profiled(served)
        clock.by = timedelta(days=111)
        assert problem(await mira.client.post(f"{scene.place}/mentor-requests")) == (409, "project-past")


async def test_of_requests_of_one_person_at_the_same_time_one_counts(projects: Served):
    scene, mira = await published(projects), await profiled(projects)
    place = f"{scene.place}/mentor-requests"

    answers = await asyncio.gather(*(mira.client.post(place) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert {problem(answer)[1] for answer in answers if answer.status_code == 409} == {"request-open"}
    assert len((await scene.owner.client.get(place)).json()["items"]) == 1
    assert await projects.service.store.database["mails"].count({"subject": {"$regex": "Mira wants"}}) >= 1


async def test_of_answers_and_a_withdrawal_at_the_same_time_one_counts(projects: Served):
    scene, mira = await published(projects), await profiled(projects)
    id = await asked(scene, mira)

    answers = await asyncio.gather(
        answered(scene, id, "approve"),
        answered(scene, id, "decline"),
        answered(scene, id, "withdraw", mira.client),
        answered(scene, id, "approve"),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    [won] = [answer.json()["status"] for answer in answers if answer.status_code == 200]
    assert (await mentors(scene) == ["Mira"]) is (won == "approved")
    assert len(await scene.told(id)) == 2


async def test_administrators_see_all_requests_by_name_and_a_person_their_own(projects: Served):
    scene, mira, mo = await published(projects), await profiled(projects), await profiled(projects, "Mo")
    first, second = await asked(scene, mira), await asked(scene, mo)
    place = f"{scene.place}/mentor-requests"

    async def seen(who: httpx.AsyncClient) -> list[tuple[str, str, str]]:
        items = (await who.get(place)).json()["items"]
        return [(item["id"], item["name"], item["message"]) for item in items]

    assert await seen(scene.owner.client) == [(second, "Mo", "I know C."), (first, "Mira", "I know C.")]
    assert await seen(mira.client) == [(first, "Mira", "I know C.")]
    assert await seen(scene.staff) == []
    assert (await scene.anybody.get(place)).status_code == 401
    assert problem(await answered(scene, first, "approve", mo.client)) == (404, "request-unknown")
    assert problem(await answered(scene, first, "approve", mira.client)) == (403, "not-allowed")


async def test_a_request_to_another_project_is_not_there(projects: Served):
    scene, other, mira = await published(projects), await published(projects), await profiled(projects)
    id = await asked(scene, mira)
    assert problem(await answered(other, id, "approve")) == (404, "request-unknown")
