"""A copy is thrown away and rebuilt beside the running service: nothing is lost, the newest wins."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from uuid6 import uuid7

from contracts.projects import TermDeleted, TermPlanned
from deploy.local.platform import Platform
from services.applications import app as applications_rooms
from services.chassis import rebuilding
from services.chassis.messages import Message
from services.chassis.rebuilding import NotRebuilt, Rebuilding, rebuild
from services.chassis.store import REBUILDING
from tests.component.operators.conftest import Operator, described
from tests.contract.examples import EXAMPLES
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


async def test_a_spoiled_copy_is_as_told_again_and_keeps_its_indexes(projects: Served, operator: Operator):
    mira, nils = described("Mira"), described("Nils")
    await projects.hears(mira, nils, described("Mira Stone", sequence=2, id=mira.id))
    people = projects.service.data.people
    await people.documents.update({"_id": mira.id}, {"$set": {"name": "spoiled", "sequence": 99}})
    await people.documents.delete({"_id": nils.id})
    indexes = await people.documents.indexes()

    (done,) = await operator.sees("projections", "rebuild", "projects", "people", "--yes")

    assert done["things"] >= 2
    assert [(await people.get(id)).name for id in (mira.id, nils.id)] == ["Mira Stone", "Nils"]
    assert await people.documents.indexes() == indexes
    assert await people.find_one({"_id": REBUILDING}) is None
    assert await people.successor.size() == 0


async def test_what_is_told_during_the_rebuilding_is_in_the_new_copy(projects: Served, monkeypatch: pytest.MonkeyPatch):
    """Hold the rebuilding right before the switch, when it has read the topic for good."""
    mira = described("Mira")
    await projects.hears(mira)
    go_on = hold_before_the_switch(monkeypatch)
    working = asyncio.create_task(rebuilt(projects, "people"))
    await asyncio.wait_for(go_on.reached.wait(), 180)
    late = described("Nobody knew")
    await projects.hears(described("Mira Stone", sequence=2, id=mira.id), late)
    go_on.set()
    await working

    people = projects.service.data.people
    assert [(await people.get(id)).name for id in (mira.id, late.id)] == ["Mira Stone", "Nobody knew"]


@pytest.mark.parametrize("when", ["before it was read", "after it was read"])
async def test_what_is_forgotten_during_the_rebuilding_stays_forgotten(
    platform: Platform, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, when: str
):
    """The event that takes a term back lies beyond what is read; what is read may lay the term down again."""
    async with serving(applications_rooms, platform, issuer) as applications:
        term = TermPlanned.model_validate_json((EXAMPLES / "term.planned.v1.json").read_bytes())
        term = term.model_copy(update={"id": str(uuid7())})
        gone = TermDeleted.model_validate(term.model_dump(exclude={"type", "sequence"}) | {"sequence": 2})
        await applications.hears(term)
        before_reading = when == "before it was read"
        go_on = (hold_before_the_reading if before_reading else hold_before_the_switch)(monkeypatch)
        working = asyncio.create_task(rebuilt(applications, "terms"))
        await asyncio.wait_for(go_on.reached.wait(), 180)
        await applications.hears(gone)
        go_on.set()
        await working

        assert await applications.service.data.terms.get(term.id) is None
        await rebuilt(applications, "terms")
        assert await applications.service.data.terms.get(term.id) is None


async def test_under_a_stream_of_events_nothing_is_lost(projects: Served):
    """Rebuild again and again while people change their names; the last name of each is there at the end."""
    ids = [str(uuid7()) for _ in range(20)]
    telling = asyncio.create_task(tell(projects, ids, rounds=15))
    while not telling.done():
        await rebuilt(projects, "people")
    await telling

    found = {person.id: person.name for person in await projects.service.data.people.find({"_id": {"$in": ids}})}
    assert found == dict.fromkeys(ids, "name 15")


async def test_a_copy_is_not_exchanged_for_one_that_lacks_something(projects: Served, operator: Operator):
    """The bus lost what the service knows: say so, say what to do, and leave all as it was."""
    known = described("Only in the copy")
    people, marks = projects.service.data.people, projects.service.store.database["inbox"]
    await people.remember(known)
    await marks.insert({"_id": f"{known.topic}|{known.key}", "sequence": 1, "aside": None})

    done = await operator.tries("projections", "rebuild", "projects", "people", "--yes")

    assert done.exit_code == 1
    assert "mentorship events replay --service identity" in done.output
    assert (await people.get(known.id)).name == "Only in the copy"
    assert await people.documents.find_one({"_id": REBUILDING}) is None
    await marks.delete({"_id": f"{known.topic}|{known.key}"})


async def test_one_rebuilding_at_a_time(projects: Served):
    outcomes = await asyncio.gather(*(rebuilt(projects, "people") for _ in range(3)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)} <= {NotRebuilt}
    assert any(not isinstance(outcome, BaseException) for outcome in outcomes)


async def test_a_dry_run_changes_nothing_and_an_unknown_copy_is_named(projects: Served, operator: Operator):
    rows = await operator.sees("projections", "rebuild", "projects", "--dry-run")
    copies = ["people", "accounts", "mentors", "applications", "evaluations", "policies"]
    assert [row["name"] for row in rows] == copies
    refused = await operator.tries("projections", "rebuild", "projects", "terms", "--yes")
    assert (refused.exit_code, [name for name in copies if name not in refused.output]) == (2, [])


async def test_a_no_changes_nothing(projects: Served, operator: Operator):
    assert (await operator.tries("projections", "rebuild", "projects", "people")).exit_code == 1


class Held(asyncio.Event):
    """Set it, and what is held goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()


def hold_before_the_switch(monkeypatch: pytest.MonkeyPatch) -> Held:
    held, switch = Held(), rebuilding._switch

    async def slowly(*words: Any) -> None:
        held.reached.set()
        await held.wait()
        await switch(*words)

    monkeypatch.setattr(rebuilding, "_switch", slowly)
    return held


def hold_before_the_reading(monkeypatch: pytest.MonkeyPatch) -> Held:
    held, take = Held(), Rebuilding.take

    async def slowly(rebuilding: Rebuilding, messages: Sequence[Message]) -> None:
        held.reached.set()
        await held.wait()
        await take(rebuilding, messages)

    monkeypatch.setattr(Rebuilding, "take", slowly)
    return held


async def tell(projects: Served, ids: list[str], rounds: int) -> None:
    for sequence in range(1, rounds + 1):
        await projects.hears(*(described(f"name {sequence}", sequence=sequence, id=id) for id in ids))


async def rebuilt(projects: Served, name: str) -> None:
    service = projects.service
    copy = rebuilding.copies(service.data)[name]
    await rebuild(service.store, service.inbox, copy, service.settings.broker, lambda *_: None)
