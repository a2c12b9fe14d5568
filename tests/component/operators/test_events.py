"""Events are watched as they pass, and sent once more from a service's own log."""

from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest
from uuid6 import uuid7

from services.chassis.domain import system
from services.operators import instant
from tests.component.operators.conftest import Operator, described
from tests.support.served import Served
from tests.support.waiting import eventually


async def test_what_passed_is_shown_by_key_and_type(projects: Served, operator: Operator):
    mira = described("Mira")
    await projects.hears(mira, described("Nils"))

    (row,) = await operator.sees("events", "tail", "--key", mira.key)
    assert (row["type"], row["sequence"], row["event"]["name"]) == ("person.described.v1", 1, "Mira")
    assert await operator.sees("events", "tail", "--key", mira.key, "--type", "project.*") == []
    assert await operator.sees("events", "tail", "--key", mira.key, "--service", "projects") == []
    assert mira.key in await operator.does("events", "tail", "--type", "person.*", "--since", "5m")


async def test_what_was_told_before_the_instant_is_left_out(projects: Served, operator: Operator):
    mira = described("Mira").model_copy(update={"at": datetime(2026, 1, 1, tzinfo=UTC)})
    await projects.hears(mira)
    assert await operator.sees("events", "tail", "--key", mira.key, "--since", "1h") == []
    assert len(await operator.sees("events", "tail", "--key", mira.key, "--since", "2026-01-01")) == 1


async def test_replayed_events_are_on_the_bus_again_and_their_order_is_kept(projects: Served, operator: Operator):
    id = await enrolled(projects, "Replayed")
    of_it = ("--service", "projects", "--since", "1h", "--key", f"project/{id}")

    (rehearsed,) = await operator.sees("events", "replay", *of_it, "--dry-run")
    assert (rehearsed["events"], await passed(operator, id)) == (2, [1, 2])

    (done,) = await operator.sees("events", "replay", *of_it, "--yes")
    assert (done["events"], await passed(operator, id)) == (2, [1, 2, 1, 2])


async def test_a_replay_is_by_type_and_since_and_only_after_a_yes(projects: Served, operator: Operator):
    id = await enrolled(projects, "Chosen")
    of_it = ("events", "replay", "--service", "projects", "--key", f"project/{id}")
    (by_type,) = await operator.sees(*of_it, "--since", "1h", "--type", "project.edited.*", "--dry-run")
    (by_time,) = await operator.sees(*of_it, "--since", "2999-01-01", "--dry-run")
    assert (by_type["events"], by_time["events"]) == (1, 0)
    assert (await operator.tries(*of_it, "--since", "1h")).exit_code == 1
    assert await passed(operator, id) == [1, 2]


async def test_the_outbox_says_how_much_waits_and_who_sends_it(projects: Served, operator: Operator):
    await enrolled(projects, "Sent")
    (row,) = await operator.sees("outbox", "status", "projects")
    assert (row["depth"], row["age_seconds"]) == (0, 0.0)
    assert any(lease["name"].startswith("relay") and lease["holder"] for lease in row["leases"])
    assert "0 events wait" in await operator.does("outbox", "status", "projects")


@pytest.mark.parametrize("text", ["yesterday", "", "15 minutes", "2026-13-01"])
async def test_what_is_no_instant_is_refused(projects: Served, operator: Operator, text: str):
    refused = await operator.tries("events", "tail", "--since", text)
    assert (refused.exit_code, "15m" in refused.output) == (2, True)


def test_an_age_is_an_instant_too():
    assert (datetime.now(UTC) - instant("90m")).total_seconds() == pytest.approx(5400, abs=1)


async def enrolled(projects: Served, name: str) -> str:
    """Tell two events about a project, and wait until both are on the bus."""
    id, by, at = str(uuid7()), system("test"), datetime.now(UTC)
    data, fields = (
        projects.service.data,
        {"description": "d", "repository_url": "https://example.org/x", "skills": ["C"]},
    )
    await data.draft(id, {"name": f"{name} {id[-8:]}", "prerequisites": (), **fields}, by=by, at=at)
    await data.edit(id, {"description": "better"}, by=by, at=at)
    of_it = {"key": f"project/{id}", "pending": False}
    await eventually(lambda: two(projects.service.store.database["outbox"].count(of_it)), what="two events")
    return id


async def two(count: Awaitable[int]) -> bool:
    return await count == 2


async def passed(operator: Operator, id: str) -> list[int]:
    return [row["sequence"] for row in await operator.sees("events", "tail", "--key", f"project/{id}")]
