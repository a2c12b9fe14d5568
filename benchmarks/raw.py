"""What the store can do at the most, and a client of HTTP that costs next to nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from uuid6 import uuid7

AT_ONCE = 16
SNAPSHOT = ReadConcern("snapshot")
MAJORITY = WriteConcern("majority")


async def rate(calls: Sequence[Callable[[], Awaitable[Any]]], seconds: float) -> float:
    """Calls a second, each of these over and over at the same time."""
    end, count = time.monotonic() + seconds, 0

    async def over_and_over(call: Callable[[], Awaitable[Any]]) -> None:
        nonlocal count
        while time.monotonic() < end:
            await call()
            count += 1

    began = time.monotonic()
    await asyncio.gather(*(over_and_over(call) for call in calls))
    return count / (time.monotonic() - began)


@asynccontextmanager
async def two_inserts(mongodb_uri: str) -> AsyncIterator[Callable[[float], Awaitable[float]]]:
    """Give what measures transactions of two inserts a second by the bare driver, as its manual writes them."""
    client: Any = AsyncIOMotorClient(mongodb_uri)
    name = f"raw_{uuid7().hex}"
    database = client[name]
    for collection in ("states", "events"):
        await database[collection].create_index("at")
    payload = "x" * 700

    async def both() -> None:
        id = str(uuid7())
        async with await client.start_session() as session, session.start_transaction(SNAPSHOT, MAJORITY):
            await database["states"].insert_one({"_id": id, "payload": payload}, session=session)
            await database["events"].insert_one({"_id": id, "payload": payload}, session=session)

    yield lambda seconds: rate([both] * AT_ONCE, seconds)
    await client.drop_database(name)
    client.close()


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def post(self, path: str, token: str, body: bytes) -> int:
        """Post JSON under a fresh `Idempotency-Key`; gives the status."""
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        head += f"Idempotency-Key: {uuid7()}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        await self._reader.readexactly(int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        return int(answer.split(b" ", 2)[1])


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    yield [Connection(*pair) for pair in pairs]
    for _, writer in pairs:
        writer.close()
