"""A dead letter is listed, understood, mended and retried by the command alone, beside the running service."""

from datetime import UTC, datetime

import pytest
from uuid6 import uuid7

from contracts.applications import ApplicationEvent, ApplicationStatus, ApplicationSubmitted, ApplicationWithdrawn
from contracts.ids import AccountId, ActorId, ApplicationId, ProjectId, TermId
from services.chassis.mongo import Collection, IndexModel
from tests.component.operators.conftest import Operator
from tests.support.served import Served
from tests.support.waiting import eventually

"""One's poison would be the other's dead letter: they share the topic."""


def mistake_about(term: str) -> IndexModel:
    """Somebody thought that a term has one application."""
    return IndexModel([("term_id", 1)], name="mistake", unique=True, partialFilterExpression={"term_id": term})


@pytest.fixture
def term() -> str:
    return uuid7().hex


@pytest.fixture
async def mistake(projects: Served, term: str):
    applications = projects.service.store.database["known_applications"]
    await applications.ensure(mistake_about(term))
    yield applications
    if "mistake" in await applications.indexes():
        await forget_mistake(applications)


async def test_a_dead_letter_is_listed_understood_mended_and_retried(
    projects: Served, operator: Operator, mistake, term: str
):
    first, second, another = submitted(term), submitted(term), submitted("another")
    behind = ApplicationWithdrawn(
        **second.model_dump(exclude={"type", "sequence", "status"}), sequence=2, status=ApplicationStatus.WITHDRAWN
    )
    await projects.hears(first)
    await send(projects, second)
    await send(projects, behind)
    await projects.hears(another)
    (letter,) = await listed_once_there(operator)

    assert (letter["type"], letter["attempts"]) == ("application.submitted.v1", 3)

    async def shown() -> str:
        told = await operator.does("dead-letters", "show", "projects", letter["id"])
        return told if "1 later messages" in told else ""

    told = await eventually(shown, what="the message behind it")
    for word in (second.key, "tried 3 times", "index: mistake", "to do", "retry projects", "trace"):
        assert word in told

    still = await operator.tries("dead-letters", "retry", "projects", letter["id"], "--dry-run")
    assert (still.exit_code, "It cannot be applied: DuplicateKeyError" in still.stdout) == (1, True)
    await forget_mistake(mistake)
    assert "It could be applied." in await operator.does("dead-letters", "retry", "projects", letter["id"], "--dry-run")
    assert len(await operator.sees("dead-letters", "list", "projects")) == 1

    assert "Applied." in await operator.does("dead-letters", "retry", "projects", letter["id"])
    assert await operator.sees("dead-letters", "list", "projects") == []
    assert (await projects.service.data.applications.get(second.id)).status == "withdrawn"


async def test_a_discarded_one_is_gone_for_good_and_only_after_a_yes(
    projects: Served, operator: Operator, mistake, term: str
):
    first, second = submitted(term), submitted(term)
    await projects.hears(first)
    await send(projects, second)
    (letter,) = await listed_once_there(operator)

    assert (await operator.tries("dead-letters", "discard", "projects", letter["id"])).exit_code == 1
    assert "would be passed over" in await operator.does(
        "dead-letters", "discard", "projects", letter["id"], "--dry-run"
    )
    assert len(await operator.sees("dead-letters", "list", "projects")) == 1
    await operator.does("dead-letters", "discard", "projects", letter["id"], "--yes")

    assert await operator.sees("dead-letters", "list", "projects") == []
    assert await projects.service.data.applications.get(second.id) is None


@pytest.mark.parametrize("verb", ["show", "retry", "discard"])
async def test_an_unknown_one_is_refused_by_its_name(operator: Operator, verb: str):
    refused = await operator.tries("dead-letters", verb, "projects", "no-such-letter")
    assert (refused.exit_code, "no-such-letter" in refused.output) == (2, True)


async def test_an_unknown_service_is_refused_with_those_there_are(operator: Operator):
    refused = await operator.tries("dead-letters", "list", "payroll")
    assert (refused.exit_code, "stipends" in refused.output) == (2, True)


def submitted(term: str) -> ApplicationSubmitted:
    return ApplicationSubmitted(
        id=ApplicationId(str(uuid7())),
        project_id=ProjectId(str(uuid7())),
        term_id=TermId(term),
        mentee_id=AccountId(ActorId(str(uuid7()))),
        status=ApplicationStatus.PENDING,
        country="DE",
        attendance=None,
        prerequisites_completed_at=None,
        accepted_at=None,
        sequence=1,
        at=datetime.now(UTC),
        by=ActorId("me"),
    )


async def forget_mistake(applications: Collection) -> None:
    await applications._collection.drop_index("mistake")


async def send(projects: Served, event: ApplicationEvent) -> None:
    headers = [(name, value.encode()) for name, value in event.headers().items()]
    value = event.model_dump_json().encode()
    await projects.producer.send_and_wait(event.topic, value, key=event.key.encode(), headers=headers)


async def listed_once_there(operator: Operator):
    return await eventually(lambda: operator.sees("dead-letters", "list", "projects"), what="the dead letter")
