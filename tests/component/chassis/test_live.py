"""Streams of changes: to each reader what they see, nothing lost on the way, and an end when it is time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from uuid6 import uuid7

from contracts.event import Event
from contracts.ids import ActorId, ProjectId, TermId
from contracts.projects import TermOpened
from deploy.local.platform import Platform
from services.chassis import live as rooms
from services.chassis.domain import Actor
from services.chassis.live import Audience, Live, StreamResponse, TooManyStreams
from services.chassis.mongo import Database
from services.chassis.paging import Malformed
from services.chassis.store import Store
from tests.support.waiting import eventually

MIRA, OLAF = Actor(ActorId("mira")), Actor(ActorId("olaf"))


async def mira_sees_olaf_loses(event: Event) -> Audience | None:
    return Audience(sees=lambda reader: reader == MIRA, loses=lambda reader: reader == OLAF)


def opened() -> TermOpened:
    at = datetime.now(UTC)
    instants = dict.fromkeys(("window_opens_at", "window_closes_at", "starts_at", "ends_at", "at"), at)
    return TermOpened.model_validate(
        {"id": TermId(str(uuid7())), "project_id": ProjectId("p"), "name": "Spring", "capacity": 1, **instants}
        | {"sequence": 1, "by": "system:projects"}
    )


@dataclass
class Listening:
    """A reader at their stream."""

    messages: AsyncIterator[bytes]
    id: str = ""
    said: list[dict[str, Any]] = field(default_factory=list)

    async def hear(self, most: int = 1) -> list[dict[str, Any]]:
        """Wait for so many messages."""
        heard: list[dict[str, Any]] = []
        while len(heard) < most:
            fields = dict(line.split(": ", 1) for line in (await self._next()).decode().splitlines() if line)
            self.id = fields.get("id", self.id)
            if "data" in fields:
                heard.append({"event": fields["event"], **json.loads(fields["data"])})
        return heard

    async def _next(self) -> bytes:
        return await asyncio.wait_for(anext(self.messages), 60)


def listening(response: StreamResponse) -> Listening:
    return Listening(messages(response))


async def messages(response: StreamResponse) -> AsyncIterator[bytes]:
    async for message in response.body_iterator:
        assert isinstance(message, bytes)
        yield message


async def tell(store: Store, event: Event, pos: int | None = None) -> str:
    await store.transaction(lambda: store.outbox.tell(event, pos or time.time_ns() // 1000))
    return event.id


@pytest.fixture
async def live(store: Store) -> AsyncIterator[Live]:
    live = Live(store.database, "projects", mira_sees_olaf_loses, most=3)
    yield live
    await live.stop()


async def test_each_reader_is_told_what_they_see_and_what_is_gone_and_nothing_else(live: Live, store: Store):
    mira, olaf = listening(await live.stream(MIRA, None)), listening(await live.stream(OLAF, None))
    anybody = await live.stream(None, None)

    event = opened()
    await tell(store, event)

    seen = {"event": "term.opened.v1", "id": event.id, "kind": "term", "sequence": 1}
    assert [{**said, "at": ""} for said in await mira.hear()] == [{**seen, "at": ""}]
    assert [{**said, "at": ""} for said in await olaf.hear()] == [{**seen, "at": "", "gone": True}]
    live.close()
    assert [message async for message in messages(anybody) if b"data" in message] == []


async def test_a_burst_is_told_in_order_and_once(live: Live, store: Store):
    mira = listening(await live.stream(MIRA, None))
    told = [await tell(store, opened()) for _ in range(30)]
    assert [said["id"] for said in await mira.hear(30)] == told


async def test_what_other_processes_commit_is_told_too(live: Live, store: Store, platform: Platform):
    mira = listening(await live.stream(MIRA, None))
    other = Store(Database(platform.addresses.mongodb_uri, store.database.name))
    told = await tell(other, opened())
    assert [said["id"] for said in await mira.hear()] == [told]
    other.database.close()


async def test_a_commit_that_comes_late_with_an_earlier_position_is_not_lost(live: Live, store: Store):
    mira = listening(await live.stream(MIRA, None))
    now = time.time_ns() // 1000
    first = await tell(store, opened(), now)
    assert [said["id"] for said in await mira.hear()] == [first]
    late = await tell(store, opened(), now - 3_000_000)
    assert [said["id"] for said in await mira.hear()] == [late]


async def test_a_clock_an_hour_ahead_hides_nothing(live: Live, store: Store):
    mira = listening(await live.stream(MIRA, None))
    ahead = await tell(store, opened(), time.time_ns() // 1000 + 3_600_000_000)
    assert [said["id"] for said in await mira.hear()] == [ahead]
    told = [await tell(store, opened()) for _ in range(2)]
    assert [said["id"] for said in await mira.hear(2)] == told


async def test_whoever_comes_back_hears_what_happened_meanwhile(live: Live, store: Store):
    before = await tell(store, opened(), time.time_ns() // 1000 - 60_000_000)
    mira = listening(await live.stream(MIRA, None))
    await tell(store, opened(), time.time_ns() // 1000 - 30_000_000)
    last = str(time.time_ns() // 1000 - 15_000_000)
    meanwhile = await tell(store, opened())
    again = listening(await live.stream(MIRA, last))
    after = await tell(store, opened())

    heard = [said["id"] for said in await again.hear(2)]
    assert heard == [meanwhile, after]
    assert before not in [said["id"] for said in await mira.hear(2)]


async def test_after_too_much_the_reader_is_told_to_read_anew(
    live: Live, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rooms, "REPEATED", 3)
    for _ in range(4):
        await tell(store, opened())
    again = listening(await live.stream(MIRA, "1"))
    assert await again.hear() == [{"event": "reset"}]
    told = await tell(store, opened())
    assert [said["id"] for said in await again.hear()] == [told]


async def test_a_reader_who_does_not_keep_up_hears_what_waits_and_is_sent_back_for_the_rest(
    live: Live, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rooms, "ROOM", 2)
    mira = listening(await live.stream(MIRA, None))
    told = [await tell(store, opened(), (time.time_ns() // 1000) + n) for n in range(4)]

    async def gone_by() -> bool:
        return len(live._seen) == 4

    await eventually(gone_by, what="the tail")

    heard = [said["id"] for said in await mira.hear(2)]
    with pytest.raises(StopAsyncIteration):
        await mira.hear()
    again = listening(await live.stream(MIRA, mira.id))
    rest = [said["id"] for said in await again.hear(4)]
    assert heard == told[:2]
    assert rest == told


async def test_no_more_streams_than_may_be(live: Live):
    streams = [await live.stream(None, None) for _ in range(3)]
    with pytest.raises(TooManyStreams):
        await live.stream(None, None)
    live._leave(streams[0]._stream)
    await live.stream(None, None)


@pytest.mark.parametrize("last", ["yesterday", "-1", "9" * 30, "1.5", "٣"])
async def test_a_position_that_is_none_is_malformed_and_takes_no_place(live: Live, last: str):
    for _ in range(5):
        with pytest.raises(Malformed):
            await live.stream(None, last)


async def test_every_stream_ends_when_the_process_stops_and_when_its_time_is_over(
    live: Live, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rooms, "HEARTBEAT", 0.05)
    monkeypatch.setattr(rooms, "LASTS", 2.0)
    short = await live.stream(MIRA, None)
    beats = [message async for message in messages(short)]
    assert len(beats) >= 3
    assert all(b"id: " in beat for beat in beats)

    monkeypatch.setattr(rooms, "LASTS", 600.0)
    long = await live.stream(MIRA, None)
    live.close()
    assert len([message async for message in messages(long)]) == 1
