"""Two replicas on one store, both with a cashier: whoever is asked, the money moves once."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local.platform import Platform
from services.stipends import app as rooms
from tests.component.stipends.scene import Mentee, Project, Scene, at_once, dollars, key, playing
from tests.support.served import Served, serving


@pytest.fixture(scope="module")
async def scene(platform: Platform) -> AsyncIterator[Scene]:
    async with playing(platform) as scene:
        yield scene


@pytest.fixture(scope="module")
async def other(platform: Platform, scene: Scene) -> AsyncIterator[Served]:
    """The second replica."""
    settings = scene.served.service.settings
    said = settings.model_dump() | {"payee_secret": base64.b64encode(settings.payee_secret)}  # type: ignore[attr-defined]
    async with serving(rooms, platform, scene.served.issuer, clock=scene.clock, more=said) as other:
        yield other


async def both(scene: Scene, other: Served, project: Project) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """Ada, at either replica."""
    there = httpx.AsyncClient(base_url=other.url, headers=project.ada.headers, timeout=90)
    return project.ada, await scene.served.clients.enter_async_context(there)


async def test_twenty_approvals_at_two_replicas_are_one(scene: Scene, other: Served):
    for _ in range(3):
        project = await scene.project(deposit=6000)
        mentee = await scene.requested(project)
        callers = await both(scene, other, project)
        path = f"/v1/stipends/{mentee.application}/installments/1/approve"
        answers = await at_once(*(callers[turn % 2].post(path, headers=key()) for turn in range(20)))
        codes = [answer.status_code for answer in answers]
        assert (codes.count(200), codes.count(409)) == (1, 19)
        await scene.becomes(mentee, "paid")
        assert len(await scene.payments_of(mentee)) == 1
        assert (await scene.budget(project.id))["paid"] == 2700


async def test_one_approval_sent_twenty_times_to_two_replicas_is_answered_alike(scene: Scene, other: Served):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    callers = await both(scene, other, project)
    path, same = f"/v1/stipends/{mentee.application}/installments/1/approve", key()
    answers = await at_once(*(callers[turn % 2].post(path, headers=same) for turn in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.text for answer in answers if answer.status_code == 200}) == 1
    await scene.becomes(mentee, "paid")
    assert len(await scene.payments_of(mentee)) == 1


async def test_deposits_at_two_replicas_race_those_who_wait(scene: Scene, other: Served):
    project = await scene.project()
    mentees = [Mentee(project.id) for _ in range(4)]
    there = httpx.AsyncClient(base_url=other.url, headers=scene.fay.headers, timeout=90)
    callers = (scene.fay, await scene.served.clients.enter_async_context(there))
    said, path = {"amount": dollars(2700), "reference": "Bank 7"}, f"/v1/budgets/{project.id}/deposits"
    deposits = [callers[turn % 2].post(path, json=said, headers=key()) for turn in range(5)]
    await at_once(scene.tell(*(event for mentee in mentees for event in mentee.whole())), *deposits)
    statuses = sorted([(await scene.stipend(mentee))["status"] for mentee in mentees])
    assert statuses == ["awaiting_funds"] * 2 + ["reserved"] * 2
    balances = await scene.budget(project.id)
    assert (balances["available"], balances["reserved"]) == (2700, 10_800)
