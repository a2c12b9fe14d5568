"""The stream of changes: to each reader what they may see, as it happens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from contracts.projects import TermPlanned
from tests.component.stipends.scene import Mentee, Scene, planned, somebody

Told = list[tuple[str, str]]


@asynccontextmanager
async def listening(client: httpx.AsyncClient, **headers: str) -> AsyncIterator[AsyncIterator[str]]:
    async with client.stream("GET", "/v1/stipends/stream", headers=headers) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        lines = answer.aiter_lines()
        while not (await anext(lines)).startswith("retry:"):
            pass
        yield lines


async def heard(lines: AsyncIterator[str], *, until: tuple[str, str]) -> Told:
    """Give each change as its type and the id of what changed, up to this one."""
    told: Told = []
    kind = ""
    async with asyncio.timeout(180):
        async for line in lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                told.append((kind, json.loads(line.removeprefix("data: ")).get("id", "")))
                if told[-1] == until:
                    return told
    raise AssertionError(told)


async def test_a_mentee_follows_their_stipend_to_the_payment_and_hears_of_no_other(scene: Scene):
    project = await scene.project(deposit=20_000)
    mentee, fellow = await scene.requested(project), await scene.requested(project)
    mira, mo = await scene.served.caller(mentee.id), project.mo
    async with listening(mira) as mine, listening(mo) as mentors, listening(project.ada) as adas:
        await scene.approved(project, fellow)
        await scene.becomes(fellow, "paid")
        await scene.approved(project, mentee)
        steps = [(f"installment.{step}.v1", mentee.application) for step in ("approved", "sent", "paid")]
        assert await heard(mine, until=steps[-1]) == steps
        assert {id for _, id in await heard(adas, until=steps[-1])} == {
            mentee.application,
            fellow.application,
            project.id,
        }
        await scene.deposit(project.id, 1)
        posted = await heard(mentors, until=("budget.posted.v1", project.id))
        assert {id for _, id in posted} == {project.id}, "mentors see the budget, and no stipend"


async def test_what_is_held_back_is_not_told_before_its_time(scene: Scene):
    project, term = await scene.project(deposit=20_000), somebody()
    results_at = scene.clock() + timedelta(hours=1)
    await scene.tell(planned(TermPlanned, term, project.id, results_at=results_at))
    mentee = Mentee(project.id, term=term)
    known = Mentee(project.id, id=mentee.id)
    mira = await scene.served.caller(mentee.id)
    async with listening(mira) as mine, listening(project.ada) as adas:
        await scene.tell(*mentee.whole(), *known.whole())
        last = ("stipend.reserved.v1", known.application)
        assert {id for _, id in await heard(mine, until=last)} == {known.application}
        assert ("stipend.reserved.v1", mentee.application) in await heard(adas, until=last)


async def test_who_comes_back_is_told_what_was_missed(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    mira = await scene.served.caller(mentee.id)
    async with mira.stream("GET", "/v1/stipends/stream") as answer:
        line = await anext(line async for line in answer.aiter_lines() if line.startswith("id: "))
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    async with listening(mira, **{"Last-Event-ID": line.removeprefix("id: ")}) as mine:
        told = await heard(mine, until=("installment.paid.v1", mentee.application))
    assert ("installment.approved.v1", mentee.application) in told


@pytest.mark.parametrize("cursor", ["x", "-1"])
async def test_a_position_that_is_none_of_ours_is_malformed(scene: Scene, cursor: str):
    answer = await scene.fay.get("/v1/stipends/stream", headers={"Last-Event-ID": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")
