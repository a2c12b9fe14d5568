"""One service's store: its collections, transactions over them, and who waits for what they write."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo.errors import ConnectionFailure, PyMongoError

from services.chassis.mongo import transaction
from services.chassis.mongo.collection import Bucket, Collection
from services.chassis.mongo.documents import OPTIONS, Document

T = TypeVar("T")

StoreAway = ConnectionFailure
"""The store cannot be reached, or is changing its primary; the same call may succeed in a moment."""


class Database:
    """One service's store."""

    def __init__(self, uri: str, name: str) -> None:
        self._client: Any = AsyncIOMotorClient(
            uri, tz_aware=True, serverSelectionTimeoutMS=3000, connectTimeoutMS=3000, appname=name
        )
        self._database = self._client.get_database(name, codec_options=OPTIONS)
        self.name = name
        self._watchers: dict[str, list[asyncio.Event]] = defaultdict(list)

    def __getitem__(self, name: str) -> Collection:
        return Collection(self._database[name])

    def bucket(self, name: str) -> Bucket:
        return Bucket(self._database, name)

    async def collections(self) -> list[str]:
        """Name those there are, the parts of buckets too."""
        return sorted(await self._database.list_collection_names())

    async def ping(self) -> None:
        await self._database.command("ping")

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` so that all it writes stands or falls together.

        `work` may run several times: when two writers collide, the loser starts anew on what the winner left.
        Inside another transaction it simply belongs to that one.
        """
        if self.in_transaction():
            return await work()
        session = self._session()
        try:
            result, written = await transaction.run(session, work)
        finally:
            session.delegate.end_session()
        for watcher in (watcher for name in written for watcher in self._watchers[name]):
            watcher.set()
        return result

    def _session(self, *, snapshot: bool = False) -> Any:
        """Begin a session, which costs no exchange and so no change of thread, as Motor's own way does."""
        return AsyncIOMotorClientSession(self._client.delegate.start_session(snapshot=snapshot), self._client)

    def watch(self, collection: str) -> asyncio.Event:
        """Give an event that is set whenever a transaction of this process that wrote the collection is committed."""
        self._watchers[collection].append(asyncio.Event())
        return self._watchers[collection][-1]

    async def wake_from_elsewhere(self, collection: str, stopping: asyncio.Event) -> None:
        """Set those events also when another process inserted, until stopping.

        It may miss something, when the stream broke off: who waits must look now and then without being woken.
        """
        listening = asyncio.create_task(self._listen(collection))
        await stopping.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, collection: str) -> None:
        inserts: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}]
        while True:
            try:
                async with self._database[collection].watch(inserts) as changes:
                    async for _ in changes:
                        for watcher in self._watchers[collection]:
                            watcher.set()
            except PyMongoError:
                await asyncio.sleep(1)

    def in_transaction(self) -> bool:
        return transaction.session.get() is not None

    async def snapshot(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run reads that all see one instant of the store, which may lie before what another read just saw.

        It is for long walks; a short look that must not be older than what somebody was already told is a transaction.
        """
        session = self._session(snapshot=True)
        try:
            return await transaction.inside(session, work)
        finally:
            session.delegate.end_session()

    async def parameter(self, name: str) -> Any:
        """Ask the server for one of its parameters. Raises `PyMongoError` where it does not tell us."""
        return (await self._client.admin.command({"getParameter": 1, name: 1}))[name]

    async def hello(self) -> Document:
        """Ask the server what it is, and what time it has."""
        said: Document = await self._client.admin.command("hello", codec_options=OPTIONS)
        return said

    async def drop(self) -> None:
        await self._client.drop_database(self.name)

    def close(self) -> None:
        self._client.close()


async def patiently(call: Callable[[], Awaitable[T]], *, pause: float = 0.5, most: float = 5.0) -> T:
    """Repeat a call until the store can be reached, waiting longer each time, `most` seconds at the most."""
    while True:
        try:
            return await call()
        except StoreAway:
            await asyncio.sleep(pause)
            pause = min(most, pause * 2)
