"""Exactly once, in order per key; what cannot be applied is set aside and blocks nobody else."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace

import pytest
from uuid6 import uuid7

from contracts.event import Event
from contracts.identity import PersonDescribed
from contracts.projects import TermPlanned
from services.chassis.inbox import Inbox
from services.chassis.messages import Message, Unreadable
from services.chassis.store import Store

AT = datetime(2026, 3, 1, tzinfo=UTC)
_offsets = itertools.count()


class Effects:
    """Writes down in the store what was applied; refuses the sequences it is told to."""

    def __init__(self, store: Store) -> None:
        self._notes = store.database["notes"]
        self.refusing: set[int] = set()

    async def apply(self, event: Event) -> None:
        await self._notes.insert({"_id": str(uuid7()), "key": event.key, "sequence": event.sequence})
        if event.sequence in self.refusing:
            raise ValueError("Not this one.")

    async def seen(self) -> list[int]:
        return [note["sequence"] for note in await self._notes.find({})]


@pytest.fixture
async def effects(store: Store) -> Effects:
    await store.database["notes"].ensure()
    await store.database["notes"].insert({"_id": "first"})
    await store.database["notes"].delete({"_id": "first"})
    return Effects(store)


async def test_an_event_delivered_again_and_at_the_same_time_has_one_effect(inbox: Inbox, effects: Effects):
    first, *_ = planned(1)
    outcomes = await asyncio.gather(*(inbox.receive(first, effects.apply) for _ in range(6)))
    assert sorted(outcomes) == ["applied"] + ["repeated"] * 5
    assert await effects.seen() == [1]


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_and_repetition_ends_in_the_order_of_the_key(inbox: Inbox, effects: Effects, seed: int):
    messages = planned(6) * 2
    Random(seed).shuffle(messages)  # noqa: S311
    for message in messages:
        await inbox.receive(message, effects.apply)
    assert await effects.seen() == [1, 2, 3, 4, 5, 6]


async def test_an_effect_that_fails_leaves_no_trace_and_can_be_tried_again(inbox: Inbox, effects: Effects):
    first, *_ = planned(1)
    effects.refusing = {1}
    with pytest.raises(ValueError, match="Not this one"):
        await inbox.receive(first, effects.apply)
    effects.refusing = set()
    assert (await inbox.receive(first, effects.apply), await effects.seen()) == ("applied", [1])


async def test_a_dead_letter_holds_back_its_key_alone_until_it_is_retried(inbox: Inbox, effects: Effects, store: Store):
    mine, others = planned(3), planned(2)
    await inbox.receive(mine[0], effects.apply)
    await inbox.set_aside(mine[1], "ValueError: Not this one.", attempts=3)
    for message in (mine[1], mine[2], *others):
        await inbox.receive(message, effects.apply)
    assert await effects.seen() == [1, 1, 2]

    letter, *none = await inbox.dead_letters()
    await inbox.retry(letter["_id"], effects.apply)

    assert (none, await effects.seen(), await inbox.dead_letters()) == ([], [1, 1, 2, 2, 3], [])
    told = await store.database["outbox"].find_one({"topic": "projects.dead-letters"})
    assert told is not None
    assert b"Not this one" in told["value"]


async def test_a_discarded_dead_letter_lets_those_behind_it_go_on(inbox: Inbox, effects: Effects):
    messages = planned(3)
    await inbox.set_aside(messages[0], "bad", attempts=1)
    for message in messages[1:]:
        await inbox.receive(message, effects.apply)

    await inbox.discard((await inbox.dead_letters())[0]["_id"], effects.apply)

    assert await effects.seen() == [2, 3]


async def test_of_a_compacted_topic_only_what_is_newer_is_applied_and_nothing_waits(inbox: Inbox, effects: Effects):
    outcomes = [await inbox.receive(described(sequence), effects.apply) for sequence in (3, 7, 5)]
    assert (outcomes, await effects.seen()) == (["applied", "applied", "repeated"], [3, 7])


@pytest.mark.parametrize(
    "hostile",
    [
        {"headers": []},
        {"headers": [("ce_sequence", None), ("ce_type", b"\xff\xfe")]},
        {"headers": [("ce_sequence", b"1"), ("ce_type", b"nothing.known.v1")]},
        {"value": b"\x00not json"},
        {"value": None},
        {"key": b"term/another"},
    ],
    ids=str,
)
async def test_a_message_that_cannot_be_read_says_so_and_changes_nothing(
    inbox: Inbox, effects: Effects, hostile: dict[str, object]
):
    message = Message.of(SimpleNamespace(**(vars(record(*terms(1))) | hostile)))
    with pytest.raises(Unreadable):
        await inbox.receive(message, effects.apply)
    assert await effects.seen() == []


def planned(count: int) -> list[Message]:
    return [Message.of(record(event)) for event in terms(count)]


def terms(count: int) -> Sequence[TermPlanned]:
    id = str(uuid7())
    instants = dict.fromkeys(("window_opens_at", "window_closes_at", "starts_at", "ends_at"), AT)
    fields = {"id": id, "project_id": str(uuid7()), "name": "Spring", "capacity": 1, "at": AT, "by": "me", **instants}
    return [TermPlanned.model_validate({**fields, "sequence": sequence}) for sequence in range(1, count + 1)]


def described(sequence: int) -> Message:
    return Message.of(record(PersonDescribed(id="one", name="Mira", emails=(), sequence=sequence, at=AT, by="one")))


def record(event: Event) -> SimpleNamespace:
    """Give what the Kafka client would."""
    headers = [(name, value.encode()) for name, value in event.headers().items()]
    value = event.model_dump_json().encode()
    place = {"topic": event.topic, "partition": 0, "offset": next(_offsets)}
    return SimpleNamespace(**place, key=event.key.encode(), value=value, headers=headers)
