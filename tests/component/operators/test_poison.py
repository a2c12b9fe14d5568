"""What nobody can read or apply stops nobody else, and is kept for a person to look at."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.operators.conftest import described, operating
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def alone() -> Iterator[Platform]:
    """Give a bus of its own: poison stays on it, and everybody who listens has it as a dead letter."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Platform.start(Path(folder), ("mongod", "broker", "mailbox")) as platform,
    ):
        yield platform


@pytest.fixture
async def projects(alone: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, alone, issuer) as served:
        yield served


async def test_poison_on_the_real_bus_stops_nobody_else_and_is_not_lost(alone: Platform, projects: Served):
    operator = operating(alone, projects)
    run, good = uuid7().hex, [described(f"Person {number}") for number in range(20)]
    poison = (
        {"value": b"\x00 no JSON", "key": f"person/{run}-1".encode(), "headers": headers("person.described.v1")},
        {"value": None, "key": f"person/{run}-2".encode(), "headers": headers("person.described.v1")},
        {"value": b"{}", "key": f"person/{run}-3".encode(), "headers": headers("person.described.v99")},
        {"value": b"{}", "key": f"person/{run}-4".encode(), "headers": [("ce_type", None), ("ce_sequence", b"\xff")]},
    )
    for record in poison:
        await projects.producer.send_and_wait("identity.people", **record)
    await projects.hears(*good)

    assert {(await projects.service.data.people.get(event.id)).name for event in good} == {event.name for event in good}

    async def kept() -> bool:
        letters = await operator.sees("dead-letters", "list", "projects")
        return {letter["key"] for letter in letters if run in letter["key"]} == {
            f"person/{run}-{number}" for number in (1, 2, 3, 4)
        }

    await eventually(kept, what="four dead letters")


def headers(type_: str) -> list[tuple[str, bytes]]:
    return [("ce_type", type_.encode()), ("ce_sequence", b"1")]
