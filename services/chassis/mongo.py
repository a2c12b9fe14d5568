"""The one room that names the driver: a database whose calls join the transaction they are made in."""

import asyncio
import copy
import itertools
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Final, TypeVar

import bson
from bson.codec_options import CodecOptions, TypeRegistry
from bson.raw_bson import RawBSONDocument
from gridfs.errors import NoFile
from motor.frameworks.asyncio import run_on_executor
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorGridFSBucket
from pymongo import ASCENDING, DESCENDING, IndexModel, ReadPreference, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import ConnectionFailure, DuplicateKeyError, ExecutionTimeout, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "Bucket",
    "Collection",
    "Database",
    "Document",
    "DuplicateKeyError",
    "IndexModel",
    "PyMongoError",
    "QueryTooLong",
    "StoreAway",
]

StoreAway = ConnectionFailure
"""The store cannot be reached, or is changing its primary; the same call may succeed in a moment."""

QueryTooLong = ExecutionTimeout
"""The store gave a query up that worked for `LONGEST_QUERY`."""

LONGEST_QUERY: Final = 20_000
"""Milliseconds for which the store works on one query; walks over all there is (`each`) have as long as they take."""
PATIENCE: Final = 15.0
"""Seconds for which a transaction is begun anew when others write the same."""


class StoreBusy(ConnectionFailure):
    """What is to be written is held by another transaction, perhaps of a process that died; it runs out by itself."""


T = TypeVar("T")
Document = dict[str, Any]
Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]

_session: ContextVar[Any] = ContextVar("_session", default=None)
_noted: ContextVar[dict[str, list[Document]] | None] = ContextVar("_noted", default=None)
"""Indexes that are asked for and not created, by their collection."""
_written: ContextVar[set[str] | None] = ContextVar("_written", default=None)
"""Names of the collections that the open transaction has written."""


@dataclass
class _Open:
    """What the open transaction has read by id, and is yet to insert, by collection."""

    read: dict[str, dict[str, Document | None]] = field(default_factory=lambda: defaultdict(dict))
    last: dict["Collection", list[Document]] = field(default_factory=lambda: defaultdict(list))


_open: ContextVar[_Open | None] = ContextVar("_open", default=None)


def _date_as_text(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored.")


OPTIONS: Final[CodecOptions[Document]] = CodecOptions(
    tz_aware=True, type_registry=TypeRegistry(fallback_encoder=_date_as_text)
)


RAW: Final = CodecOptions(document_class=RawBSONDocument)


def to_bson(document: Document) -> bytes:
    return bson.encode(document, codec_options=OPTIONS)


def from_bson(document: bytes) -> Document:
    """Read a document. Raises `ValueError`."""
    try:
        return bson.decode(document, OPTIONS)
    except bson.errors.BSONError as error:
        raise ValueError(str(error)) from None


class Collection:
    """A collection; each call belongs to the transaction that is open where it is made, if one is."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection
        self.name: str = collection.name

    async def _write(self, call: Callable[..., Awaitable[T]], *what: Any, **how: Any) -> T:
        """Note that this is written, and write it, in the open transaction if there is one."""
        self._note_written()
        if (transaction := _open.get()) is None:
            return await call(*what, session=_session.get(), **how)
        transaction.read.pop(self.name, None)
        return await _unbroken(call(*what, session=_session.get(), **how))

    def _note_written(self) -> None:
        if (written := _written.get()) is not None:
            written.add(self.name)

    async def find_one(self, where: Filter, fields: Mapping[str, int] | None = None) -> Document | None:
        """Find it; by its id in a transaction only once, for nothing changes there but by the transaction itself."""
        transaction, id = _open.get(), where.get("_id")
        if transaction is None or fields or len(where) > 1 or not isinstance(id, str):
            return await self._find_one(where, fields)
        known = transaction.read[self.name]
        if id not in known:
            known[id] = await self._find_one(where, fields)
        return copy.copy(known[id])

    async def _find_one(self, where: Filter, fields: Mapping[str, int] | None) -> Document | None:
        found: Document | None = await self._collection.find_one(
            where, fields, session=_session.get(), max_time_ms=LONGEST_QUERY
        )
        return found

    async def find(
        self,
        where: Filter,
        *,
        sort: Sort = (("_id", ASCENDING),),
        limit: int = 0,
        fields: Mapping[str, int] | None = None,
    ) -> list[Document]:
        asked = self._collection.find(where, fields, session=_session.get(), max_time_ms=LONGEST_QUERY)
        cursor = asked.sort(list(sort)).limit(limit)
        found: list[Document] = await cursor.to_list(None)
        return found

    async def each(
        self,
        where: Filter,
        *,
        sort: Sort = (("_id", ASCENDING),),
        fields: Mapping[str, int] | None = None,
        at_once: int = 0,
    ) -> AsyncIterator[Document]:
        """Give one by one what is fetched `at_once`; unless said, by up to 16 MiB."""
        cursor = self._collection.find(where, fields, session=_session.get()).sort(list(sort)).batch_size(at_once)
        async for document in cursor:
            yield document

    async def each_raw(self) -> AsyncIterator[bytes]:
        """Give every document one by one, as BSON."""
        async for document in self._collection.with_options(RAW).find({}, session=_session.get()):
            yield document.raw

    async def insert_raw(self, documents: Sequence[bytes]) -> None:
        """Insert what `each_raw` gave."""
        await self._collection.with_options(RAW).insert_many([RawBSONDocument(document) for document in documents])

    async def count(self, where: Filter, *, limit: int = 0) -> int:
        most = {"maxTimeMS": LONGEST_QUERY} | ({"limit": limit} if limit else {})
        return int(await self._collection.count_documents(where, session=_session.get(), **most))

    async def size(self) -> int:
        """Count all documents, as the server has it at hand: near enough after a crash, exact otherwise."""
        return int(await self._collection.estimated_document_count())

    async def insert(self, document: Document) -> None:
        """Insert. Raises `DuplicateKeyError` where a unique index says no."""
        await self._write(self._collection.insert_one, document)

    async def insert_last(self, document: Document) -> None:
        """Insert at the end of the open transaction, all such of a collection in one exchange; not to be read before.

        Raises there what `insert` raises.
        """
        transaction = _open.get()
        if transaction is None:
            await self.insert(document)
        else:
            self._note_written()
            transaction.last[self].append(document)

    def insert_now(self, documents: Sequence[Document], session: Any) -> None:
        """Insert without a loop, in the driver's thread that ends a transaction."""
        collection = self._collection.delegate
        if len(documents) > 1:
            collection.insert_many(documents, session=session)
        else:
            collection.insert_one(documents[0], session=session)

    async def insert_many(self, documents: Sequence[Document]) -> None:
        await self._write(self._collection.insert_many, documents)

    async def replace(self, where: Filter, document: Document, *, upsert: bool = False) -> int:
        """Replace one document; gives how many matched."""
        result = await self._write(self._collection.replace_one, where, document, upsert=upsert)
        return int(result.matched_count)

    async def put(self, documents: Sequence[Document]) -> None:
        """Store each whole under its `_id`, in one exchange."""
        if documents:
            writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
            await self._write(self._collection.bulk_write, writes, ordered=False)

    async def put_newer(self, documents: Sequence[Document]) -> None:
        """Store each whole under its `_id` unless one of the same or a higher `sequence` is there."""
        if documents:
            await self._write(self._collection.bulk_write, [_newer(one) for one in documents], ordered=False)

    async def update(self, where: Filter, change: Any, *, upsert: bool = False) -> int:
        """Update one document; gives how many matched."""
        result = await self._write(self._collection.update_one, where, change, upsert=upsert)
        return int(result.matched_count)

    async def update_many(self, where: Filter, change: Any) -> int:
        result = await self._write(self._collection.update_many, where, change)
        return int(result.modified_count)

    async def claim(self, where: Filter, change: Any, *, sort: Sort = (("_id", ASCENDING),)) -> Document | None:
        """Change one document and give it as it was before, or None where none matched."""
        before: Document | None = await self._write(
            self._collection.find_one_and_update, where, change, sort=list(sort), maxTimeMS=LONGEST_QUERY
        )
        return before

    async def add(self, id: str, amount: int, until: datetime) -> int:
        """Add to a tally that is kept until then, and give what it is now.

        It belongs to no transaction and waits for no majority: a tally may be lost.
        """
        hurried = self._collection.with_options(write_concern=WriteConcern(1))
        change = {"$inc": {"count": amount}, "$setOnInsert": {"until": until}}
        now = await hurried.find_one_and_update(
            {"_id": id}, change, upsert=True, return_document=ReturnDocument.AFTER, maxTimeMS=LONGEST_QUERY
        )
        return int(now["count"])

    async def delete(self, where: Filter) -> int:
        result = await self._write(self._collection.delete_many, where)
        return int(result.deleted_count)

    async def aggregate(self, stages: Sequence[Document], *, by: str | None = None) -> list[Document]:
        """Run the stages, by the index of this name where one is said."""
        how = {"maxTimeMS": LONGEST_QUERY} | ({"hint": by} if by else {})
        found: list[Document] = await self._collection.aggregate(stages, session=_session.get(), **how).to_list(None)
        return found

    async def indexes(self) -> dict[str, Document]:
        """Give those there are, by name."""
        found: dict[str, Document] = await self._collection.index_information()
        return found

    async def begin_like(self, other: "Collection") -> None:
        """Begin anew, empty, with the indexes of another collection."""
        await self._collection.drop()
        for name, index in (await other.indexes()).items():
            kept = {key: value for key, value in index.items() if key not in {"v", "ns", "key"}}
            await self._collection.create_index(index["key"], name=name, **kept)

    async def take_the_place_of(self, other: "Collection") -> None:
        """Become that collection, in one step; what it held is gone. Waits for transactions that touch either."""
        await self._collection.rename(other.name, dropTarget=True)

    async def drop(self) -> None:
        await self._collection.drop()

    async def ensure(self, *indexes: IndexModel) -> None:
        """Create the indexes that are missing; an existing one is left alone."""
        if (noted := _noted.get()) is not None:
            noted[self.name] += [dict(index.document) for index in indexes]
        elif indexes:
            await self._collection.create_indexes(list(indexes))


def _newer(document: Document) -> UpdateOne:
    kept = {"$cond": [{"$gte": ["$sequence", document["sequence"]]}, "$$ROOT", {"$literal": document}]}
    return UpdateOne({"_id": document["_id"]}, [{"$replaceWith": kept}], upsert=True)


class Bucket:
    """Contents of any length, kept in pieces (GridFS); its calls belong to no transaction."""

    def __init__(self, database: Any, name: str) -> None:
        self._database, self._name = database, name

    def _opened(self) -> Any:
        return AsyncIOMotorGridFSBucket(self._database, self._name)

    async def write(self, id: str, pieces: AsyncIterator[bytes]) -> None:
        """Keep a content; what breaks off leaves nothing to be read."""
        async with self._opened().open_upload_stream_with_id(id, id) as stream:
            async for piece in pieces:
                await stream.write(piece)

    async def read(self, id: str) -> AsyncIterator[bytes]:
        stream = await self._opened().open_download_stream(id)
        while piece := await stream.readchunk():
            yield piece

    async def delete(self, id: str) -> None:
        """Remove a content, also one that was never finished; safe to repeat."""
        try:
            await self._opened().delete(id)
        except NoFile:
            return


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
        if _session.get() is not None:
            return await work()
        attempts, began = itertools.count(), time.monotonic()

        async def attempt(session: Any) -> T:
            if again := next(attempts):
                await asyncio.sleep(random.uniform(0, 0.002 * 2 ** min(again, 7)))  # noqa: S311 - not a secret
            if time.monotonic() - began > PATIENCE:
                raise StoreBusy(f"Others wrote the same for {PATIENCE} s.")
            transaction = _Open()
            result = await _inside(session, work, transaction)
            await _commit_surely(session, transaction)
            return result

        written: set[str] = set()
        noting = _written.set(written)
        try:
            result = await self._until_committed(attempt)
        finally:
            _written.reset(noting)
        for watcher in (watcher for name in written for watcher in self._watchers[name]):
            watcher.set()
        return result

    async def _until_committed(self, attempt: Callable[[Any], Awaitable[T]]) -> T:
        """Attempt it anew as long as the store says that this may help; `attempt` sets the limit.

        Motor's own `with_transaction` does not: it commits where it no longer looks at what the store says.
        """
        session = self._session()
        try:
            while True:
                session.start_transaction(
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern("majority", wtimeout=10_000),
                    read_preference=ReadPreference.PRIMARY,
                )
                try:
                    return await attempt(session)
                except PyMongoError as error:
                    await _abort(session)
                    if not error.has_error_label("TransientTransactionError"):
                        raise
                except BaseException:
                    await _abort(session)
                    raise
        finally:
            session.delegate.end_session()

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
        return _session.get() is not None

    async def snapshot(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run reads that all see one instant of the store, which may lie before what another read just saw.

        It is for long walks; a short look that must not be older than what somebody was already told is a transaction.
        """
        session = self._session(snapshot=True)
        try:
            return await _inside(session, work)
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


async def _commit_surely(session: Any, transaction: _Open) -> None:
    """Insert what comes last, and commit; ask again while the store cannot tell whether it did.

    That goes on for so long as one waits for others.
    """
    loop, began = asyncio.get_running_loop(), time.monotonic()
    end = partial(run_on_executor, loop, _insert_and_commit, session.delegate, transaction)
    while True:
        try:
            return await _unbroken(end())
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            if not unknown or time.monotonic() - began > PATIENCE:
                raise
            await asyncio.sleep(0.05)
            end = session.commit_transaction


def _insert_and_commit(session: Any, transaction: _Open) -> None:
    """Do all exchanges of the end in one thread, not in one each."""
    for collection, documents in transaction.last.items():
        collection.insert_now(documents, session)
    session.commit_transaction()


async def _abort(session: Any) -> None:
    if session.in_transaction:
        await session.abort_transaction()


async def _unbroken(call: Awaitable[T]) -> T:
    """Await a call of the driver in a transaction; who is canceled waits for its end.

    The call goes on in its thread. If the transaction were aborted meanwhile, the store would take the write as one
    outside of any.
    """
    running = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


async def _inside(session: Any, work: Callable[[], Awaitable[T]], transaction: _Open | None = None) -> T:
    inside, opened = _session.set(session), _open.set(transaction)
    try:
        return await work()
    finally:
        _open.reset(opened)
        _session.reset(inside)


async def asked_for(prepare: Callable[[], Awaitable[None]]) -> dict[str, list[Document]]:
    """Give the indexes that this would create, by collection; none is created."""
    noted: dict[str, list[Document]] = defaultdict(list)
    token = _noted.set(noted)
    try:
        await prepare()
    finally:
        _noted.reset(token)
    return noted


async def patiently(call: Callable[[], Awaitable[T]], *, pause: float = 0.5, most: float = 5.0) -> T:
    """Repeat a call until the store can be reached, waiting longer each time, `most` seconds at the most."""
    while True:
        try:
            return await call()
        except StoreAway:
            await asyncio.sleep(pause)
            pause = min(most, pause * 2)
