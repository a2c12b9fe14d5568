"""The doctor finds nothing wrong with what is well, and says in words what is wrong and what to do."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from services.chassis.messages import Message
from tests.component.operators.conftest import Operator, described
from tests.support.issuer import Issuer
from tests.support.served import Served
from tests.support.waiting import eventually


async def test_a_service_that_is_well_is_found_so(projects: Served, operator: Operator):
    checks = ["settings", "store", "clock", "indexes", "broker", "topics", "consumer lag", "leases", "relay"]
    checks += ["dead letters", "waiting room", "copies", "sign-in", "mail server"]

    async def well() -> str:
        done = await operator.tries("doctor", "projects")
        missing = [check for check in checks if f"ok     {check}" not in done.output]
        return done.output if done.exit_code == 0 and not missing else ""

    assert await eventually(well, what="a service of which everything is well, once its jobs have begun")


@pytest.mark.parametrize(
    ("setting", "check"),
    [
        ({"PROJECTS_MONGODB_URI": "mongodb://127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=300"}, "store"),
        ({"PROJECTS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, "broker"),
        ({"PROJECTS_DISCOVERY_URL": "http://127.0.0.1:1/"}, "sign-in"),
        ({"PROJECTS_PUBLIC_URL": "http://localhost:1"}, "sign-in"),
        ({"PROJECTS_SMTP_PORT": "1"}, "mail server"),
        ({"PROJECTS_HTTP_PORT": "none"}, "settings"),
        ({"PROJECTS_MONGODB_DATABASE": "nobody_was_here"}, "indexes"),
    ],
    ids=str,
)
async def test_what_is_away_or_wrong_is_named(operator: Operator, setting: Mapping[str, str], check: str):
    operator.environment |= setting
    done = await operator.tries("doctor", "projects")
    assert done.exit_code == 1
    assert f"WRONG  {check}" in done.output


async def test_keys_are_looked_for_where_the_service_reads_them(
    operator: Operator, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
):
    """The address by which people find identity does not lead anywhere from within a cluster or a container."""
    monkeypatch.setattr(issuer, "url", "http://127.0.0.1:1")
    operator.environment |= {"PROJECTS_PUBLIC_URL": issuer.url}
    assert [row["says"] for row in await found(operator) if row["check"] == "sign-in"] == ["1 keys published"]


async def test_a_dead_letter_a_pause_and_a_missing_index_are_found(projects: Served, operator: Operator):
    event, service = described(), projects.service
    letter = Message(event.topic, "0/0", event.key, 1, event.headers(), event.model_dump_json().encode())
    await service.inbox.set_aside(letter, "ValueError: Not this one.", attempts=3)
    service.brake.on = True
    await eventually(service.brake.paused, what="the pause")
    await service.store.database["known_people"].drop()

    async def wrong_alone() -> dict[str, Any] | None:
        """A job whose lease ran out on a busy machine is wrong for a moment too."""
        wrong = {row["check"]: row for row in await found(operator) if row["outcome"] == "wrong"}
        return wrong if set(wrong) == {"dead letters", "consumer", "indexes"} else None

    wrong = await eventually(wrong_alone, what="these three, and nothing else wrong")
    assert "Not this one." in wrong["dead letters"]["says"]
    assert wrong["consumer"]["do"].endswith("mentorship consumers resume projects")
    await operator.does("consumers", "resume", "projects", "--yes")
    await eventually(lambda: goes_on(projects), what="going on")
    await service.data.prepare()
    (letter_id,) = [row["id"] for row in await operator.sees("dead-letters", "list", "projects")]
    await operator.does("dead-letters", "discard", "projects", letter_id, "--yes")

    async def well() -> bool:
        return [row for row in await found(operator) if row["outcome"] == "wrong"] == []

    await eventually(well, what="nothing wrong any more")


async def test_topics_are_compared_with_the_catalog(projects: Served, operator: Operator):
    assert await operator.sees("topics", "diff") == []
    assert await operator.sees("topics", "apply", "--dry-run") == []
    assert "as the catalog wants it" in await operator.does("topics", "diff")


async def goes_on(projects: Served) -> bool:
    return not projects.service.brake.on


async def found(operator: Operator) -> list[dict[str, str]]:
    return [json.loads(line) for line in (await operator.tries("doctor", "projects", "--json")).stdout.splitlines()]
