"""Whether every question to a store is answered by an index: MongoDB's profiler notes how it answered each."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from services.chassis.mongo import Database

SMALL: Final = frozenset({"keys", "waiting"})
"""Collections that hold a handful at most: the keys that sign, and what is in trouble."""
SORTED: Final = 50
"""Documents that may be sorted in memory; more should come in order from an index."""
LOG: Final = 64 * 1024 * 1024
Entry = Mapping[str, Any]


@asynccontextmanager
async def explained(database: Database, *, computed: Collection[str] = ()) -> AsyncIterator[None]:
    """Fail at the end on whatever was asked meanwhile and read a whole collection, or sorted too much in memory.

    `computed` names keys that are sorted by and that no index can hold.
    """
    raw = database._database
    await raw.command("profile", 0)
    await raw.drop_collection("system.profile")
    await raw.create_collection("system.profile", capped=True, size=LOG)
    await raw.command("profile", 2)
    try:
        yield
    finally:
        await raw.command("profile", 0)
    seen = [entry async for entry in raw["system.profile"].find({"ns": {"$not": {"$regex": r"\.system\."}}})]
    assert seen, "The profiler noted nothing."
    first = {name: await _first_keys(raw[name]) for name in {_collection(entry) for entry in seen} - SMALL}
    scans = [entry for entry in seen if _collection(entry) in first and _is_scan(entry, first[_collection(entry)])]
    sorts = [entry for entry in seen if _is_sort(entry) and not any(f"'{key}'" in str(entry) for key in computed)]
    assert not scans + sorts, "No index serves:\n" + "\n".join(sorted({_told(entry) for entry in scans + sorts}))


async def _first_keys(collection: Any) -> set[str]:
    """Name the keys that the collection's indexes begin with."""
    return {index["key"][0][0] for index in (await collection.index_information()).values()}


def _is_scan(entry: Entry, first: Collection[str]) -> bool:
    """Say whether all was read; also in the order of the ids, which is how the store lists what is asked for."""
    command = entry["command"]
    asked = set(_keys(command.get("filter") or command.get("query") or {}))
    if "COLLSCAN" in entry.get("planSummary", ""):
        return bool(asked) or command.get("limit") != 1  # any one at all is found at once
    return entry.get("planSummary") == "IXSCAN { _id: 1 }" and bool(asked) and asked.isdisjoint(first)


def _is_sort(entry: Entry) -> bool:
    return bool(entry.get("hasSortStage")) and entry.get("docsExamined", 0) > SORTED


def _keys(asked: Any) -> Iterator[str]:
    if isinstance(asked, Mapping):
        yield from (key for key in asked if not key.startswith("$"))
    for below in asked.values() if isinstance(asked, Mapping) else asked if isinstance(asked, list) else ():
        yield from _keys(below)


def _collection(entry: Entry) -> str:
    return str(entry["ns"].partition(".")[2])


def _told(entry: Entry) -> str:
    asked = entry["command"]
    what = asked.get("pipeline") or asked.get("filter") or asked.get("q") or asked
    return f"{entry['op']} {_collection(entry)}: {entry.get('planSummary')} for {what}"[:600]
