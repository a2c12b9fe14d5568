"""Exactly once, in order per key; what cannot be applied is set aside and blocks nobody else."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from random import Random
from types import SimpleNamespace

import pytest

from services.chassis.inbox import Inbox
from services.chassis.messages import Message, Unreadable
from services.chassis.settling import Settler
from services.chassis.store import Store
from tests.component.chassis.deliveries import AT, Effects, described, planned, record, terms


async def test_an_event_delivered_again_and_at_the_same_time_has_one_effect(inbox: Inbox, effects: Effects):
    first, *_ = planned(1)
    outcomes = await asyncio.gather(*(inbox.receive([first], effects.apply) for _ in range(6)))
    assert sorted(outcomes) == [["applied"]] + [["repeated"]] * 5
    assert await effects.seen() == [1]


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_and_repetition_ends_in_the_order_of_the_key(settler: Settler, effects: Effects, seed: int):
    messages = planned(6) * 2
    Random(seed).shuffle(messages)  # noqa: S311
    for message in messages:
        await settler.settle([message])
    assert await effects.seen() == [1, 2, 3, 4, 5, 6]


async def test_an_effect_that_fails_leaves_no_trace_and_can_be_tried_again(inbox: Inbox, effects: Effects):
    first, *_ = planned(1)
    effects.refusing = {1}
    with pytest.raises(ValueError, match="Not this one"):
        await inbox.receive([first], effects.apply)
    effects.refusing = set()
    assert (await inbox.receive([first], effects.apply), await effects.seen()) == (["applied"], [1])


async def test_a_dead_letter_holds_back_its_key_alone_until_it_is_retried(
    inbox: Inbox, effects: Effects, settler: Settler, store: Store
):
    mine, others = planned(3), planned(2)
    await inbox.receive(mine[:1], effects.apply)
    await inbox.set_aside(mine[1], "ValueError: Not this one.", attempts=3)
    await settler.settle([mine[1], mine[2], *others])
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
    await inbox.receive(messages[1:], effects.apply)

    await inbox.discard((await inbox.dead_letters())[0]["_id"], effects.apply)

    assert await effects.seen() == [2, 3]


async def test_of_a_compacted_topic_only_what_is_newer_is_applied_and_nothing_waits(inbox: Inbox, effects: Effects):
    outcomes = await inbox.receive([described(sequence) for sequence in (3, 7, 5)], effects.apply)
    assert (outcomes, await effects.seen()) == (["applied", "applied", "repeated"], [3, 7])


async def test_an_older_picture_that_was_set_aside_does_not_come_back_over_a_newer_one(inbox: Inbox, effects: Effects):
    await inbox.set_aside(described(3), "ValueError: Not this one.", attempts=3)
    await inbox.receive([described(7)], effects.apply)

    await inbox.retry((await inbox.dead_letters())[0]["_id"], effects.apply)

    assert (await inbox.receive([described(5)], effects.apply), await effects.seen()) == (["repeated"], [7])


async def test_what_waits_behind_a_dead_letter_and_fails_is_the_next_dead_letter(inbox: Inbox, effects: Effects):
    messages = planned(3)
    await inbox.set_aside(messages[0], "bad", attempts=1)
    await inbox.receive(messages[1:], effects.apply)
    effects.refusing = {2}

    await inbox.retry((await inbox.dead_letters())[0]["_id"], effects.apply)
    letter, *none = await inbox.dead_letters()
    assert (letter["sequence"], letter["reason"], none) == (2, "ValueError: Not this one.", [])

    effects.refusing = set()
    await inbox.retry(letter["_id"], effects.apply)
    assert await effects.seen() == [1, 2, 3]


async def test_a_dead_letter_says_why_when_how_often_and_in_which_trace(inbox: Inbox, store: Store):
    message = planned(1)[0]
    trace, since = "4bf92f3577b34da6a3ce929d0e0e4736", AT
    traced = replace(message, headers={**message.headers, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"})

    await inbox.set_aside(traced, "ValueError: Not this one.", attempts=3, since=since)

    letter, *_ = await inbox.dead_letters()
    row = await store.database["outbox"].find_one({"topic": "projects.dead-letters"})
    assert row is not None
    told = json.loads(row["value"])
    said = {"reason": "ValueError: Not this one.", "attempts": 3, "trace": trace, "place": message.place}
    assert {name: letter[name] for name in said} == {name: told[name] for name in said} == said
    assert letter["since"] == datetime.fromisoformat(told["since"]) == since < letter["last"]


async def test_the_inbox_keeps_one_watermark_for_a_key_and_nothing_for_each_event(
    inbox: Inbox, effects: Effects, store: Store
):
    messages = planned(20)
    await inbox.receive(messages, effects.apply)
    assert [mark["sequence"] for mark in await store.database["inbox"].find({})] == [20]
    assert await inbox.receive(messages, effects.apply) == ["repeated"] * 20


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
        await inbox.receive([message], effects.apply)
    assert await effects.seen() == []
