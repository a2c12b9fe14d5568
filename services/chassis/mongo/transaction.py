"""One transaction: what is open where a call is made, how it is begun anew, and how it ends."""

import asyncio
import itertools
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from motor.frameworks.asyncio import run_on_executor
from pymongo import ReadPreference
from pymongo.errors import ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.chassis.mongo.documents import Document

if TYPE_CHECKING:
    from services.chassis.mongo.collection import Collection

T = TypeVar("T")

PATIENCE: Final = 15.0
"""Seconds for which a transaction is begun anew when others write the same."""


class StoreBusy(ConnectionFailure):
    """What is to be written is held by another transaction, perhaps of a process that died; it runs out by itself."""


@dataclass
class Open:
    """What the open transaction has read by id, and is yet to insert, by collection."""

    read: dict[str, dict[str, Document | None]] = field(default_factory=lambda: defaultdict(dict))
    last: dict["Collection", list[Document]] = field(default_factory=lambda: defaultdict(list))


session: ContextVar[Any] = ContextVar("session", default=None)
"""Motor's session that reads and writes belong to."""
opened: ContextVar[Open | None] = ContextVar("opened", default=None)
written: ContextVar[set[str] | None] = ContextVar("written", default=None)
"""Names of the collections that the open transaction has written."""


async def run(own: Any, work: Callable[[], Awaitable[T]]) -> tuple[T, set[str]]:
    """Run `work` in a session of its own so that all it writes stands or falls together; gives also what it wrote.

    It is begun anew as long as the store says that this may help. Motor's own `with_transaction` does not: it commits
    where it no longer looks at what the store says.
    """
    attempts, began = itertools.count(), time.monotonic()

    async def attempt() -> T:
        if again := next(attempts):
            await asyncio.sleep(random.uniform(0, 0.002 * 2 ** min(again, 7)))  # noqa: S311 - not a secret
        if time.monotonic() - began > PATIENCE:
            raise StoreBusy(f"Others wrote the same for {PATIENCE} s.")
        transaction = Open()
        result = await inside(own, work, transaction)
        await _commit_surely(own, transaction)
        return result

    names: set[str] = set()
    noting = written.set(names)
    try:
        return await _until_committed(own, attempt), names
    finally:
        written.reset(noting)


async def _until_committed(own: Any, attempt: Callable[[], Awaitable[T]]) -> T:
    while True:
        own.start_transaction(
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern("majority", wtimeout=10_000),
            read_preference=ReadPreference.PRIMARY,
        )
        try:
            return await attempt()
        except PyMongoError as error:
            await _abort(own)
            if not error.has_error_label("TransientTransactionError"):
                raise
        except BaseException:
            await _abort(own)
            raise


async def inside(own: Any, work: Callable[[], Awaitable[T]], transaction: Open | None = None) -> T:
    """Run `work` so that its calls belong to this session."""
    before, open_before = session.set(own), opened.set(transaction)
    try:
        return await work()
    finally:
        opened.reset(open_before)
        session.reset(before)


async def _commit_surely(own: Any, transaction: Open) -> None:
    """Insert what comes last, and commit; ask again while the store cannot tell whether it did.

    That goes on for so long as one waits for others.
    """
    loop, began = asyncio.get_running_loop(), time.monotonic()
    end = partial(run_on_executor, loop, _insert_and_commit, own.delegate, transaction)
    while True:
        try:
            return await unbroken(end())
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            if not unknown or time.monotonic() - began > PATIENCE:
                raise
            await asyncio.sleep(0.05)
            end = own.commit_transaction


def _insert_and_commit(own: Any, transaction: Open) -> None:
    """Do all exchanges of the end in one thread, not in one each."""
    for collection, documents in transaction.last.items():
        collection.insert_now(documents, own)
    own.commit_transaction()


async def _abort(own: Any) -> None:
    if own.in_transaction:
        await own.abort_transaction()


async def unbroken(call: Awaitable[T]) -> T:
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
