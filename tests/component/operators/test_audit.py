"""`mentorship audit`: whether the trail is sound, and all of it as lines of JSON."""

import json

import pytest
from uuid6 import uuid7

from services.chassis.service import Role
from tests.component.operators.conftest import Operator, operating
from tests.support.served import Served, serving


@pytest.fixture
async def trail(platform, issuer):
    """A service with a trail of its own, in which somebody began three projects."""
    from services.projects import app as rooms  # noqa: PLC0415

    async with serving(rooms, platform, issuer, role=Role.API) as served:  # nothing is noted or sealed meanwhile
        me = await served.caller(str(uuid7()))
        for _ in range(3):
            assert (await me.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})).status_code == 201
        while await served.service.store.audit.work():
            pass
        assert (await served.service.store.audit.head()).number >= 3
        yield served


@pytest.fixture
def operator(platform, trail: Served) -> Operator:
    return operating(platform, trail)


async def test_a_sound_trail_is_told_with_its_head(operator: Operator, trail: Served):
    (found,) = await operator.sees("audit", "verify", "projects")
    head = await trail.service.store.audit.head()
    assert found.items() >= {"service": "projects", "notes": head.number, "head": head.hash, "fault": None}.items()
    said = await operator.does("audit", "verify", "projects", "--head", f"{head.number}:{head.hash}")
    assert "sound" in said


async def test_a_note_that_was_changed_ends_the_command_with_1_and_is_named(operator: Operator, trail: Served):
    await trail.service.store.audit.notes.update({"number": 2}, {"$set": {"actor": "somebody else"}})
    done = await operator.tries("audit", "verify", "projects")
    assert done.exit_code == 1
    assert "projects: BROKEN. Note 2 (" in done.stdout
    (found,) = [
        json.loads(line) for line in (await operator.tries("audit", "verify", "projects", "--json")).stdout.splitlines()
    ]
    assert found["fault"].endswith("its hash does not fit it and those before.")


async def test_another_head_than_was_told_is_found(operator: Operator):
    done = await operator.tries("audit", "verify", "projects", "--head", f"1:{'0' * 64}")
    assert (done.exit_code, "Note 1 is not the one that was told" in done.stdout) == (1, True), done.output
    assert (await operator.tries("audit", "verify", "projects", "--head", "abc")).exit_code == 2


async def test_the_export_gives_every_note_and_of_one_person_theirs_alone(operator: Operator, trail: Served):
    store = trail.service.store
    every = [json.loads(line) for line in (await operator.does("audit", "export", "projects")).splitlines()]
    assert [note["id"] for note in every] == [note["_id"] for note in await store.audit.notes.find({})] != []

    other = await (await trail.caller(stranger := str(uuid7()))).post("/v1/projects", json={"name": f"K {uuid7()}"})
    theirs = (await operator.does("audit", "export", "projects", "--about", stranger)).splitlines()
    assert {json.loads(line)["actor"] for line in theirs} == {stranger}
    assert any(other.json()["id"] in line for line in theirs)
    assert await operator.does("audit", "export", "projects", "--since", "2100-01-01") == ""
    assert len((await operator.does("audit", "export", "projects", "--since", "1h")).splitlines()) > len(every)
