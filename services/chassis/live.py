"""Changes as they happen: server-sent streams of the service's own events, to each reader what they may see.

The source is the outbox, which keeps every event: one tail per process reads it by position and hands each row to all
streams. Commit order is not the order of positions, so the last seconds are read again each time and what was seen is
dropped. A commit of this process wakes the tail; those of others are found within a second.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Receive, Scope, Send

from contracts.catalog import EVENTS
from contracts.event import Event
from contracts.time import written
from services.chassis import metrics
from services.chassis.domain import Actor, Refusal
from services.chassis.mongo import Database, Document, StoreAway
from services.chassis.paging import Malformed

log = structlog.get_logger()

OVERLAP: Final = 10_000_000
"""Microseconds of positions that are read again: longer than a commit takes and than clocks differ."""
REPEATED: Final = 1000
"""Changes that whoever comes back is told at the most; after more than that they are told to read anew."""
ROOM: Final = 1000
"""Changes that wait for a slow reader; with one more the stream ends, and they come back for the rest."""
LASTS: Final = 600.0
"""Seconds after which a stream ends, so that its reader shows a new access token."""
HEARTBEAT: Final = 15.0
POLL: Final = 1.0
GATHER: Final = 0.05


class TooManyStreams(Refusal):
    """This process holds as many streams as it may."""


def nobody(_: Actor | None) -> bool:
    return False


@dataclass(frozen=True)
class Audience:
    """Who is told of a change: whoever sees it, and whoever saw it until now and is told that it is gone."""

    sees: Callable[[Actor | None], bool]
    loses: Callable[[Actor | None], bool] = nobody


AudienceOf = Callable[[Event], Awaitable[Audience | None]]
"""The service's word on who is told of an event; None where nobody is."""


@dataclass(frozen=True)
class News:
    """A change, and who is told of it."""

    pos: int
    event: Event
    audience: Audience

    def told_to(self, reader: Actor | None) -> bytes | None:
        """Say it in this reader's words; None where they may not know."""
        sees = self.audience.sees(reader)
        if not (sees or self.audience.loses(reader)):
            return None
        event = self.event
        said: dict[str, Any] = {"id": event.id, "kind": event.noun, "sequence": event.sequence, "at": written(event.at)}
        return format_sse_event(
            id=str(self.pos), event=event.type, data_str=json.dumps(said if sees else said | {"gone": True})
        )


class Stream:
    """What one reader is told, as long as they listen."""

    def __init__(self, reader: Actor | None, position: int) -> None:
        self._reader = reader
        self._position = position
        self._waiting: deque[bytes] = deque()
        self._from = 0
        """What is not after this position was told when the reader was here last."""
        self._repeated: frozenset[str] = frozenset()
        self._early: list[News] | None = []
        """What arrives before the repetition is read; None from then on."""
        self._woken = asyncio.Event()
        self._over = False

    def begin(self, after: int, repeated: Sequence[News], *, missed: bool) -> None:
        """Tell first what happened since the reader was at `after`, then what has come in meanwhile."""
        early, self._early = self._early or [], None
        self._from = after - OVERLAP
        if missed:
            self._waiting.append(format_sse_event(event="reset", data_str="{}", id=str(self._position)))
        for news in repeated:
            self._tell(news)
        self._repeated = frozenset(news.event.event_id for news in repeated)
        for news in early:
            self.offer(news)

    def offer(self, news: News) -> None:
        if self._early is not None:
            self._early.append(news)
        elif len(self._waiting) >= ROOM:
            self.end()
        elif not self._over and news.pos > self._from and news.event.event_id not in self._repeated:
            self._tell(news)

    def _tell(self, news: News) -> None:
        self._position = max(self._position, news.pos)
        if (said := news.told_to(self._reader)) is not None:
            self._waiting.append(said)
            self._woken.set()

    def end(self) -> None:
        """End it after what waits already."""
        self._over = True
        self._woken.set()

    async def messages(self) -> AsyncIterator[bytes]:
        until = time.monotonic() + LASTS
        yield format_sse_event(retry=1000, id=str(self._position))
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._over or time.monotonic() > until:
                return
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), HEARTBEAT)
            except TimeoutError:
                yield format_sse_event(comment="here", id=str(self._position))


class StreamResponse(StreamingResponse):
    """An answer that goes on until its reader leaves or the stream ends."""

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, leave: Callable[[Stream], None]) -> None:
        super().__init__(stream.messages(), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._stream = stream
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave(self._stream)


class Live:
    """All streams of this process, and the one tail that feeds them while there are any."""

    def __init__(self, database: Database, service: str, audience_of: AudienceOf, most: int) -> None:
        self._rows = database["outbox"]
        self._woken = database.watch("outbox")
        self._topic = f"{service}.events"
        self._audience_of = audience_of
        self._most = most
        self._streams: set[Stream] = set()
        self._seen: dict[str, int] = {}
        """The rows of the last seconds that were told, and their positions."""
        self._newest = 0
        self._tail: asyncio.Task[None] | None = None
        self._joining = asyncio.Lock()
        self._closed = False

    async def stream(self, reader: Actor | None, last: str | None) -> StreamResponse:
        """Begin to tell the reader, first what came after the position `last`. Raises `TooManyStreams`, `Malformed`."""
        after = _position(last)
        stream = await self._join(reader)
        try:
            rows = [] if after is None else await self._since(after)
            missed = len(rows) > REPEATED
            stream.begin(after or 0, [] if missed else await self._news(rows), missed=missed)
        except BaseException:
            self._leave(stream)
            raise
        return StreamResponse(stream, self._leave)

    def close(self) -> None:
        """Let every stream end, and those that begin now at once: the process stops."""
        self._closed = True
        for stream in self._streams:
            stream.end()

    async def stop(self) -> None:
        self.close()
        if self._tail is not None:
            self._tail.cancel()
            await asyncio.gather(self._tail, return_exceptions=True)

    async def _join(self, reader: Actor | None) -> Stream:
        async with self._joining:
            if len(self._streams) >= self._most:
                raise TooManyStreams(f"{self._most} streams are open here, and no more are taken. Come back later.")
            if self._tail is None or self._tail.done():
                self._newest, self._seen = await self._end_of_log(), {}
                self._seen = await self._window()
                self._tail = asyncio.create_task(self._follow())
            stream = Stream(reader, self._newest)
            self._streams.add(stream)
            metrics.STREAMS.set(len(self._streams))
        if self._closed:
            stream.end()
        return stream

    def _leave(self, stream: Stream) -> None:
        self._streams.discard(stream)
        metrics.STREAMS.set(len(self._streams))

    async def _follow(self) -> None:
        while self._streams:
            try:
                await self._look()
            except StoreAway:
                log.warning("store away, the streams wait")
            except Exception:
                log.exception("changes not told")
            await self._rest()

    async def _look(self) -> None:
        window = await self._window()
        fresh = [id for id in window if id not in self._seen]
        for news in await self._news(
            await self._rows.find({"_id": {"$in": fresh}}, sort=[("pos", 1)]) if fresh else []
        ):
            for stream in tuple(self._streams):
                stream.offer(news)
        self._seen = window
        self._newest = max(self._newest, *window.values(), 0)

    async def _window(self) -> dict[str, int]:
        """Give the rows from a few seconds back on: by their positions, but never trusting a clock ahead of ours."""
        since = min(self._newest, time.time_ns() // 1000) - OVERLAP
        rows = await self._rows.find({"pos": {"$gt": since}}, sort=[("pos", 1)], fields={"_id": 1, "pos": 1})
        return {row["_id"]: row["pos"] for row in rows}

    async def _end_of_log(self) -> int:
        rows = await self._rows.find({"pos": {"$gt": 0}}, sort=[("pos", -1)], limit=1, fields={"pos": 1})
        return int(rows[0]["pos"]) if rows else 0

    async def _since(self, after: int) -> list[Document]:
        return await self._rows.find({"pos": {"$gt": after - OVERLAP}}, sort=[("pos", 1)], limit=REPEATED + 1)

    async def _news(self, rows: Iterable[Document]) -> list[News]:
        found = []
        for row in rows:
            kind = EVENTS.get(row["headers"].get("ce_type", "")) if row["topic"] == self._topic else None
            if kind is not None:
                event = kind.model_validate_json(row["value"])
                if audience := await self._audience_of(event):
                    found.append(News(row["pos"], event, audience))
        return found

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), POLL)
            await asyncio.sleep(GATHER)
        except TimeoutError:
            pass
        self._woken.clear()


def _position(last: str | None) -> int | None:
    if last is None or not last:
        return None
    if not (last.isascii() and last.isdecimal() and len(last) < 19):
        raise Malformed(f"Last-Event-ID takes the id of a message of this stream, not {last[:50]!r}.")
    return int(last)
