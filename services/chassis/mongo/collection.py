"""Collections and buckets: whatever is called here joins the transaction that is open."""

import copy
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final, TypeVar

from bson.raw_bson import RawBSONDocument
from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket
from pymongo import ASCENDING, IndexModel, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import ExecutionTimeout
from pymongo.write_concern import WriteConcern

from services.chassis.mongo.documents import RAW, Document, Filter, Sort
from services.chassis.mongo.transaction import opened, session, unbroken, written

T = TypeVar("T")

LONGEST_QUERY: Final = 20_000
"""Milliseconds for which the store works on one query; walks over all there is (`each`) have as long as they take."""
QueryTooLong = ExecutionTimeout
"""The store gave a query up that worked for `LONGEST_QUERY`."""

_noted: ContextVar[dict[str, list[Document]] | None] = ContextVar("_noted", default=None)
"""Indexes that are asked for and not created, by their collection."""


class Collection:
    """A collection; each call belongs to the transaction that is open where it is made, if one is."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection
        self.name: str = collection.name

    async def _write(self, call: Callable[..., Awaitable[T]], *what: Any, **how: Any) -> T:
        """Note that this is written, and write it, in the open transaction if there is one."""
        self._note_written()
        if (transaction := opened.get()) is None:
            return await call(*what, session=session.get(), **how)
        transaction.read.pop(self.name, None)
        return await unbroken(call(*what, session=session.get(), **how))

    def _note_written(self) -> None:
        if (names := written.get()) is not None:
            names.add(self.name)

    async def find_one(self, where: Filter, fields: Mapping[str, int] | None = None) -> Document | None:
        """Find it; by its id in a transaction only once, for nothing changes there but by the transaction itself."""
        transaction, id = opened.get(), where.get("_id")
        if transaction is None or fields or len(where) > 1 or not isinstance(id, str):
            return await self._find_one(where, fields)
        known = transaction.read[self.name]
        if id not in known:
            known[id] = await self._find_one(where, fields)
        return copy.copy(known[id])

    async def _find_one(self, where: Filter, fields: Mapping[str, int] | None) -> Document | None:
        found: Document | None = await self._collection.find_one(
            where, fields, session=session.get(), max_time_ms=LONGEST_QUERY
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
        asked = self._collection.find(where, fields, session=session.get(), max_time_ms=LONGEST_QUERY)
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
        cursor = self._collection.find(where, fields, session=session.get()).sort(list(sort)).batch_size(at_once)
        async for document in cursor:
            yield document

    async def each_raw(self) -> AsyncIterator[bytes]:
        """Give every document one by one, as BSON."""
        async for document in self._collection.with_options(RAW).find({}, session=session.get()):
            yield document.raw

    async def insert_raw(self, documents: Sequence[bytes]) -> None:
        """Insert what `each_raw` gave."""
        await self._collection.with_options(RAW).insert_many([RawBSONDocument(document) for document in documents])

    async def count(self, where: Filter, *, limit: int = 0) -> int:
        most = {"maxTimeMS": LONGEST_QUERY} | ({"limit": limit} if limit else {})
        return int(await self._collection.count_documents(where, session=session.get(), **most))

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
        transaction = opened.get()
        if transaction is None:
            await self.insert(document)
        else:
            self._note_written()
            transaction.last[self].append(document)

    def insert_now(self, documents: Sequence[Document], within: Any) -> None:
        """Insert without a loop, in the driver's thread that ends a transaction."""
        collection = self._collection.delegate
        if len(documents) > 1:
            collection.insert_many(documents, session=within)
        else:
            collection.insert_one(documents[0], session=within)

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
        found: list[Document] = await self._collection.aggregate(stages, session=session.get(), **how).to_list(None)
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


async def asked_for(prepare: Callable[[], Awaitable[None]]) -> dict[str, list[Document]]:
    """Give the indexes that this would create, by collection; none is created."""
    noted: dict[str, list[Document]] = defaultdict(list)
    token = _noted.set(noted)
    try:
        await prepare()
    finally:
        _noted.reset(token)
    return noted


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
