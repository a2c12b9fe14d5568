"""The ledger as it is really kept: sound, until somebody lays hands on the store."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from contracts.ids import ProjectId
from deploy.local.platform import Platform
from services.chassis.mongo import Collection
from services.stipends import commands
from services.stipends.domain.audit import Finding
from tests.component.stipends.scene import Project, Scene, at_once, somebody

Hand = Callable[[Scene, str], Awaitable[Any]]


def postings(scene: Scene) -> Collection:
    return scene.served.service.store.database["postings"]


def budgets(scene: Scene) -> Collection:
    return scene.served.service.store.database["budgets"]


async def paid(scene: Scene) -> Project:
    """A project with four postings."""
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    return project


async def verified(scene: Scene, project: str) -> Finding:
    return await scene.store.auditor.verify(ProjectId(project))


async def test_what_was_really_booked_is_sound(scene: Scene):
    project = await paid(scene)
    found = await verified(scene, project.id)
    assert (found.postings, found.fault) == (4, None)
    assert found.head == (await scene.store.budgets.get(project.id)).head != ""


async def test_one_that_is_being_added_to_is_sound_at_every_moment(scene: Scene):
    project = await scene.project(deposit=1)
    deposits = (scene.deposit(project.id, 1) for _ in range(15))
    looks = (verified(scene, project.id) for _ in range(15))

    seen = await at_once(*(call for pair in zip(deposits, looks, strict=True) for call in pair))

    assert {one.fault for one in seen[1::2]} == {None}
    assert (await verified(scene, project.id)).postings == 16


async def change_an_amount(scene: Scene, project: str) -> None:
    entries = [
        {"account": "external_funding", "amount": {"amount_minor": -700_000, "currency": "USD"}},
        {"account": "available", "amount": {"amount_minor": 700_000, "currency": "USD"}},
    ]
    await postings(scene).update({"project_id": project, "number": 1}, {"$set": {"entries": entries}})


async def change_a_reference(scene: Scene, project: str) -> None:
    await postings(scene).update({"project_id": project, "number": 2}, {"$set": {"reference": "another"}})


async def take_one_away(scene: Scene, project: str) -> None:
    await postings(scene).delete({"project_id": project, "number": 3})


async def take_the_last_away(scene: Scene, project: str) -> None:
    await postings(scene).delete({"project_id": project, "number": 4})


async def add_one(scene: Scene, project: str) -> None:
    last = await postings(scene).find_one({"project_id": project, "number": 1})
    assert last
    await postings(scene).insert({**last, "_id": somebody(), "number": 5})


async def change_a_balance(scene: Scene, project: str) -> None:
    more = {"available.amount_minor": 100, "external_funding.amount_minor": -100}
    await budgets(scene).update({"_id": project}, {"$inc": more})


async def unbalance(scene: Scene, project: str) -> None:
    await budgets(scene).update({"_id": project}, {"$inc": {"available.amount_minor": 100}})


async def take_the_budget_away(scene: Scene, project: str) -> None:
    await budgets(scene).delete({"_id": project})


@pytest.mark.parametrize(
    ("hand", "words"),
    [
        (change_an_amount, r"^Posting 1 \(.*\) was changed"),
        (change_a_reference, r"^Posting 2 \(.*\) was changed"),
        (take_one_away, "^Posting 3 is missing: the next is 4"),
        (take_the_last_away, "^Posting 4 is missing: 4 were booked"),
        (add_one, r"^Posting 5 \(.*\) was changed"),
        (change_a_balance, "^The budget says external_funding holds -6,001.00 USD; its postings come to -6,000.00 USD"),
        (unbalance, "^The budget cannot be read: .*sum to zero"),
        (take_the_budget_away, "^There are postings, but no budget"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
async def test_every_hand_laid_on_the_store_is_found(scene: Scene, hand: Hand, words: str):
    touched, untouched = await paid(scene), await scene.project(deposit=1)
    await hand(scene, touched.id)

    found = await commands.audited(scene.store, None)

    by_project = {one.project_id: one.fault for one in found}
    fault = by_project[ProjectId(touched.id)]
    assert fault
    assert re.search(words, fault), fault
    assert by_project[ProjectId(untouched.id)] is None


async def test_one_project_is_verified_by_its_id_and_an_unknown_one_is_no_success(scene: Scene):
    project = await scene.project(deposit=1)
    assert [one.project_id for one in await commands.audited(scene.store, project.id)] == [project.id]
    with pytest.raises(typer.BadParameter, match="no budget"):
        await commands.audited(scene.store, somebody())


async def test_an_operator_verifies_beside_the_running_service(
    scene: Scene, platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    project = await scene.project(deposit=1)
    environment = {
        **platform.environment("stipends"),
        "STIPENDS_MONGODB_DATABASE": scene.served.service.store.database.name,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    asked = ["verify", "--project", project.id, "--json"]
    answer = await asyncio.to_thread(CliRunner().invoke, commands.ledger, asked)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["postings"] == 1
    refused = await asyncio.to_thread(CliRunner().invoke, commands.ledger, ["verify", "--project", "x"])
    assert refused.exit_code == 2


@pytest.mark.parametrize("fault", [None, "Posting 2 is missing: the next is 3."])
def test_the_command_tells_and_ends_as_it_found(monkeypatch: pytest.MonkeyPatch, fault: str | None):
    one = Finding(project_id=ProjectId("p-1"), postings=1, head="ab", fault=fault)

    async def found(_: str | None) -> list[Finding]:
        return [one]

    monkeypatch.setattr(commands, "_verify", found)
    told, as_json = (CliRunner().invoke(commands.ledger, ["verify", *more]) for more in ([], ["--json"]))
    assert told.exit_code == as_json.exit_code == (1 if fault else 0)
    assert told.stdout == (f"p-1: BROKEN. {fault}\n" if fault else "p-1: 1 postings, sound. Last hash ab.\n")
    assert json.loads(as_json.stdout) == one.model_dump()
