"""A service's store as one file: a single instant of it, compressed, and refused unless it is whole.

The file is gzip over frames; a frame is a letter and a BSON document: one (H)ead, for each collection its (C)ard and
its (D)ocuments, at the end the (E)nd with how many there are and a digest of all before it. Indexes are not in it:
the release that reads it creates its own. Contents of files lie in collections as everything does.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contracts.time import in_utc
from services.chassis.domain import Conflict, RuleBroken
from services.chassis.mongo import Database, Document, from_bson, to_bson

FORMAT: Final = 1
FLEETING: Final = frozenset({"leases"})
"""Who does what right now; of no meaning later."""
AT_ONCE: Final = 500
"""Documents written in one exchange."""
ANOTHER_CLUSTER: Final = "restored"
"""No cluster has this id, so relay and consumer take the bus for a new one: all is told and heard once more."""

Told = Callable[[int], None]


class NotWhole(RuleBroken):
    """The file is no backup, or not all of it, or not what was written."""


class NotEmpty(Conflict):
    """The store that is to be restored holds something."""


@dataclass(frozen=True)
class Backup:
    """What a backup says of itself."""

    service: str
    at: datetime
    documents: dict[str, int]
    """How many, by collection."""


class _Frames:
    """Writes frames, and knows what it wrote."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def put(self, letter: bytes, document: bytes) -> None:
        self._digest.update(letter + document)
        self._file.write(letter + document)

    def end(self, documents: dict[str, int]) -> None:
        self.put(b"E", to_bson({"documents": documents, "sha256": self._digest.hexdigest()}))


async def back_up(database: Database, service: str, file: Path, told: Told = lambda _: None) -> Backup:
    """Write all of one instant to the file, which appears when it is whole. Raises `PyMongoError`."""
    part, backup = file.with_name(f"{file.name}.part"), Backup(service, in_utc(datetime.now(UTC)), {})
    part.touch(mode=0o600)
    try:
        with gzip.GzipFile(part, "wb", compresslevel=6) as opened:
            frames = _Frames(opened)
            frames.put(b"H", to_bson({"format": FORMAT, "service": service, "at": backup.at}))
            await database.snapshot(lambda: _write(database, frames, backup.documents, told))
            frames.end(backup.documents)
        read(part)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return backup


async def _write(database: Database, frames: _Frames, documents: dict[str, int], told: Told) -> None:
    for name in await database.collections():
        if name in FLEETING or name.startswith("system."):
            continue
        frames.put(b"C", to_bson({"collection": name}))
        documents[name] = 0
        async for document in database[name].each_raw():
            frames.put(b"D", document)
            documents[name] += 1
            told(sum(documents.values()))


def read(file: Path) -> Backup:
    """Read it through. Raises `NotWhole`."""
    head: Document = {}
    documents: dict[str, int] = {}
    name, digest = "", hashlib.sha256()
    try:
        for letter, document in _frames(file):
            match letter:
                case b"H":
                    head = from_bson(document)
                case b"C":
                    name = from_bson(document)["collection"]
                    documents[name] = 0
                case b"D":
                    documents[name] += 1
                case b"E":
                    end = from_bson(document)
                    if head["format"] == FORMAT and end == {"documents": documents, "sha256": digest.hexdigest()}:
                        return Backup(head["service"], head["at"], documents)
                    break
            digest.update(letter + document)
    except (OSError, EOFError, KeyError, ValueError, zlib.error) as fault:
        raise NotWhole(f"{file} is no whole backup: {type(fault).__name__}. Take another.") from None
    raise NotWhole(f"{file} is no whole backup: its end is missing or says otherwise. Take another.")


def _frames(file: Path) -> Iterator[tuple[bytes, bytes]]:
    with gzip.GzipFile(file, "rb") as opened:
        while letter := opened.read(1):
            length = opened.read(4)
            yield letter, length + opened.read(int.from_bytes(length, "little") - 4)


async def restore(database: Database, service: str, file: Path, told: Told = lambda _: None) -> Backup:
    """Write a whole backup of this service into its empty store; what fails leaves it empty.

    Raises `NotWhole`, `NotEmpty`, `PyMongoError`. Afterwards relay and consumer tell and hear everything once more.
    """
    backup = read(file)
    if backup.service != service:
        raise NotWhole(f"{file} is a backup of {backup.service}, not of {service}.")
    held = [name for name in await database.collections() if await database[name].count({}, limit=1)]
    if held:
        holding = f"The store {database.name!r} holds {', '.join(held)}."
        raise NotEmpty(f"{holding} Stop the service, and drop this database or name another.")
    try:
        await _fill(database, file, told)
        await database["clusters"].update_many({}, {"$set": {"cluster": ANOTHER_CLUSTER}})
    except BaseException:
        await database.drop()
        raise
    return backup


async def _fill(database: Database, file: Path, told: Told) -> None:
    name, some, done = "", list[bytes](), 0

    async def write() -> None:
        nonlocal done
        await database[name].insert_raw(some)
        done += len(some)
        some.clear()
        told(done)

    for letter, document in _frames(file):
        if letter == b"D":
            some.append(document)
        if some and (letter != b"D" or len(some) == AT_ONCE):
            await write()
        if letter == b"C":
            name = from_bson(document)["collection"]
