"""Files that people send: bounded, looked at, kept in the store, given out to be saved and never to be shown.

A content does not belong to a transaction. So it is kept first, loose; then whoever refers to it holds it in the
transaction of their own change, and lets it go in the one that ends that. What stays loose for an hour is swept away.
"""

import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, Final
from urllib.parse import quote

from anyio import to_thread
from fastapi.responses import StreamingResponse
from uuid6 import uuid7

from services.chassis.domain import Actor, Conflict, RuleBroken
from services.chassis.kinds import PIECE, File, FileKind, kind_of, named
from services.chassis.mongo import Database, IndexModel
from services.chassis.problems import TooManyRequests

LOOSE: Final = timedelta(hours=1)
"""How long a content waits for somebody who refers to it."""
MARGIN: Final = timedelta(minutes=5)
"""How far the clocks of replicas may differ: nothing is swept away that another could still hold."""
LOST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a content is loose that nobody can hold any more."""
MOST_LOOSE: Final = 30
"""How many of one sender's wait at a time, more or less."""
IN_MEMORY: Final = 1024 * 1024
"""Bytes; what is longer waits on disk while it is looked at."""
LONGEST_NAME: Final = 150
"""Characters."""


class TooManyFiles(TooManyRequests):
    """Somebody sends one file after the other and uses none, which would fill the store."""


class FileEmpty(RuleBroken):
    """There is nothing in it."""


class FileGone(Conflict):
    """Nobody referred to it in time, so it was swept away."""


class Files:
    def __init__(self, database: Database) -> None:
        self._files = database["files"]
        self._contents = database.bucket("contents")

    async def prepare(self) -> None:
        await self._files.ensure(
            IndexModel([("loose_since", 1)], sparse=True),
            IndexModel([("sender", 1)], partialFilterExpression={"loose_since": {"$exists": True}}),
        )

    async def receive(
        self, stream: AsyncIterator[bytes], name: str, allowed: Collection[FileKind], *, by: Actor, at: datetime
    ) -> File:
        """Keep what arrives, loose, if it is of an allowed kind. Raises `FileEmpty`, `KindRefused`, `TooManyFiles`."""
        await self._refuse_more_from(by)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as content:
            async for piece in stream:
                await to_thread.run_sync(content.write, piece)
            size = content.seek(0, 2)
            if not size:
                raise FileEmpty(f"{name!r} is empty. Send a file with something in it.")
            kind = await to_thread.run_sync(kind_of, content, name, allowed)
            file = File(id=str(uuid7()), name=named(_base(name), kind), kind=kind, size=size, at=at)
            await self._files.insert({"_id": file.id, "sender": by.id, "loose_since": at})
            await self._contents.write(file.id, _pieces(content))
        return file

    async def _refuse_more_from(self, sender: Actor) -> None:
        loose = {"sender": sender.id, "loose_since": {"$exists": True}}
        if await self._files.count(loose, limit=MOST_LOOSE) >= MOST_LOOSE:
            raise TooManyFiles(f"You sent {MOST_LOOSE} files lately that nothing refers to. Try again in an hour.")

    async def hold(self, file: File, *, at: datetime) -> None:
        """Keep it for good, in the transaction of whoever refers to it. Raises `FileGone`."""
        still_there = {"_id": file.id, "loose_since": {"$gt": at - LOOSE}}
        if not await self._files.update(still_there, {"$unset": {"loose_since": 1}}):
            raise FileGone("The file was sent too long ago and is gone. Send it again.")

    async def let_go(self, file: File, *, at: datetime) -> None:
        """Leave it to be swept away, in the transaction of whoever refers to it no more."""
        await self._files.update({"_id": file.id}, {"$set": {"loose_since": at}})

    async def discard_all_of(self, sender: str, files: Sequence[File]) -> None:
        """Leave these, and all that this sender sent and nobody refers to, to be swept away at once."""
        lost = {"$set": {"loose_since": LOST}}
        await self._files.update_many({"_id": {"$in": [file.id for file in files]}}, lost)
        await self._files.update_many({"sender": sender, "loose_since": {"$exists": True}}, lost)

    async def sweep(self, at: datetime) -> bool:
        """Remove the content that is loose for longest, if for too long; says whether there was one."""
        overdue = {"loose_since": {"$lte": at - LOOSE - MARGIN}}
        found = await self._files.claim(overdue, {"$set": {"loose_since": LOST}}, sort=[("loose_since", 1)])
        if found is not None:
            await self._contents.delete(found["_id"])
            await self._files.delete({"_id": found["_id"]})
        return found is not None

    def pieces(self, file: File) -> AsyncIterator[bytes]:
        """Give the content, for whoever may see it."""
        return self._contents.read(file.id)

    def download(self, file: File) -> StreamingResponse:
        """Give it to be saved under its name, by nobody but whoever asked for it."""
        headers = {
            "Content-Disposition": disposition(file.name),
            "Content-Length": str(file.size),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return StreamingResponse(self.pieces(file), headers=headers, media_type=file.kind)


def disposition(name: str) -> str:
    """Say, as RFC 6266 has it, under which name to save it: in ASCII for the old, in full for all others."""
    plain = "".join(character if _is_plain(character) else "_" for character in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isprintable() and character not in '"\\%'


def _base(name: str) -> str:
    """Leave out folders, and what would make the name a hidden, a reserved or an endless one."""
    base = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in base if character.isprintable() and character not in '<>:"|?*')
    return kept.strip(". ")[-LONGEST_NAME:] or "file"


async def _pieces(content: IO[bytes]) -> AsyncIterator[bytes]:
    content.seek(0)
    while piece := await to_thread.run_sync(content.read, PIECE):
        yield piece
