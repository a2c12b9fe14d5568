"""Together where it goes, one by one where not; tried again where it may help, and not without end."""

import asyncio
from collections import Counter

import pytest

from contracts.event import Event
from services.chassis import settling
from services.chassis.brake import Brake
from services.chassis.domain import Conflict
from services.chassis.inbox import Inbox
from services.chassis.messages import Message
from services.chassis.mongo import StoreAway
from services.chassis.settling import ATTEMPTS, Settler
from services.chassis.store import Store
from tests.component.chassis.deliveries import Effects, planned


class NotNow(Conflict):
    """A refusal."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "pause", lambda _: 0.0)


class Fails:
    """Fails with this error, so often; counts how often each event was tried."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times = error, times
        self.tried: Counter[str] = Counter()

    async def apply(self, event: Event) -> None:
        self.tried[event.event_id] += 1
        if self.tried[event.event_id] <= self.times:
            raise self.error


async def test_a_fault_that_passes_is_tried_again(inbox: Inbox, brake: Brake):
    flaky = Fails(ValueError("Not yet."), times=ATTEMPTS - 1)
    await Settler(inbox, flaky.apply, brake).settle(planned(1))
    assert (list(flaky.tried.values()), await inbox.dead_letters()) == ([ATTEMPTS], [])


async def test_a_fault_that_stays_is_tried_three_times_and_set_aside(inbox: Inbox, brake: Brake):
    broken = Fails(ValueError("Never."), times=100)
    await Settler(inbox, broken.apply, brake).settle(planned(1))
    letter, *none = await inbox.dead_letters()
    assert (list(broken.tried.values()), letter["attempts"], letter["reason"], none) == (
        [3],
        3,
        "ValueError: Never.",
        [],
    )


async def test_a_refusal_is_not_tried_again(inbox: Inbox, brake: Brake):
    refusing = Fails(NotNow("No."), times=100)
    await Settler(inbox, refusing.apply, brake).settle(planned(1))
    letter, *none = await inbox.dead_letters()
    assert (list(refusing.tried.values()), letter["attempts"], letter["reason"], none) == ([1], 1, "NotNow: No.", [])


async def test_a_store_that_is_away_is_waited_for_and_never_makes_a_dead_letter(inbox: Inbox, brake: Brake):
    away = Fails(StoreAway("gone"), times=10)
    await Settler(inbox, away.apply, brake).settle(planned(1))
    assert (list(away.tried.values()), await inbox.dead_letters()) == ([11], [])


async def test_among_many_only_the_culprit_is_set_aside(inbox: Inbox, settler: Settler, effects: Effects):
    culprit, *innocent = (planned(3) for _ in range(20))
    effects.refusing_key = culprit[0].key
    async with asyncio.timeout(60):  # without a limit on attempts it would never end
        await settler.settle([message for messages in (culprit, *innocent) for message in messages])

    assert Counter(await effects.seen()) == {1: 19, 2: 19, 3: 19}
    assert [letter["lane"] for letter in await inbox.dead_letters()] == [culprit[0].lane]


async def test_many_keys_at_once_are_each_applied_in_their_order(settler: Settler, effects: Effects):
    messages = [message for some in zip(*(planned(8) for _ in range(30)), strict=True) for message in some]
    await settler.settle(messages)
    seen = await effects.seen_by_key()
    assert seen == {message.key: list(range(1, 9)) for message in messages}


async def test_one_that_waits_and_then_fails_is_tried_again_and_set_aside_too(inbox: Inbox, brake: Brake):
    first, second, third = planned(3)
    broken = Fails(ValueError("Never."), times=100)
    await inbox.receive([second, third], broken.apply)

    async def only_the_first(event: Event) -> None:
        if event.sequence > 1:
            await broken.apply(event)

    await Settler(inbox, only_the_first, brake).settle([first])
    assert [(letter["sequence"], letter["attempts"]) for letter in await inbox.dead_letters()] == [(2, 3)]


async def test_what_waits_is_applied_even_if_its_turn_came_while_nobody_ran(
    inbox: Inbox, settler: Settler, effects: Effects
):
    first, second = planned(2)
    await inbox.receive([second], effects.apply)
    await inbox.receive([first], effects.apply)
    await settler.catch_up()
    assert await effects.seen() == [1, 2]


async def test_dead_letters_in_a_row_stop_the_rest_from_being_set_aside(
    inbox: Inbox, settler: Settler, effects: Effects, brake: Brake
):
    effects.refusing = {1}
    await settler.settle([message for _ in range(100) for message in planned(1)])
    set_aside = len(await inbox.dead_letters())
    assert brake.on
    assert 10 <= set_aside < 10 + settling.LANES

    assert await brake.holds()
    assert "dead letters in a row" in ((await brake.paused()) or {})["reason"]
    await settler.settle(planned(1))
    assert len(await inbox.dead_letters()) == set_aside


async def test_a_consumer_that_was_paused_goes_on_by_an_operators_word(
    settler: Settler, effects: Effects, brake: Brake, store: Store
):
    for _ in range(10):
        brake.count(set_aside=True)
    assert await brake.holds()
    assert await Brake(store.database, in_a_row=10).release()

    assert not await brake.holds()
    await settler.settle(planned(1))
    assert await effects.seen() == [1]


async def test_a_tenth_of_the_last_messages_set_aside_is_too_many_also_when_not_in_a_row(brake: Brake):
    for _ in range(19):
        brake.count(set_aside=True)
        brake.count(set_aside=False)
    assert not brake.on
    brake.count(set_aside=True)
    assert brake.on


async def test_dead_letters_that_are_few_among_many_do_not_stop_anybody(brake: Brake):
    for _ in range(50):
        brake.count(set_aside=True)
        for _ in range(20):
            brake.count(set_aside=False)
    assert not brake.on


def test_a_kind_of_thing_this_release_knows_nothing_of_is_foreign_and_a_new_version_of_a_known_one_is_not():
    def told(type: str) -> bool:
        message = planned(1)[0]
        return Message(message.topic, "0/0", "key", 1, {"ce_type": type}, b"").foreign

    assert [told(type) for type in ("sponsorship.granted.v1", "term.planned.v9", "", "nonsense")] == [
        True,
        False,
        False,
        False,
    ]
