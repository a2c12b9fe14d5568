"""An example of every kind of document that a service keeps of its own, as it once lay in a store; kept for ever.

`python -m tests.contract.documents` plays a mentorship and records those of which there is none.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from bson import json_util

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.platform import Platform
from services.chassis.mongo import Database, Document
from services.chassis.store import Repository
from tests.architecture.test_rooms import built

PLACE: Final = Path(__file__).parent / "documents"
AS_STORED: Final = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)


def repositories(service: str) -> dict[str, Repository[Any]]:
    """Give a service's repositories by the name of their collection."""
    return {found.documents.name: found for found in _within(built(service).data, set())}


def _within(part: object, seen: set[int]) -> Iterator[Repository[Any]]:
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, Repository):
        yield part
    for below in vars(part).values() if type(part).__module__.startswith("services.") else ():
        if hasattr(below, "__dict__"):
            yield from _within(below, seen)


def place_of(service: str, name: str) -> Path:
    return PLACE / service / f"{name}.json"


def kept(place: Path) -> Document:
    found: Document = json_util.loads(place.read_text(), json_options=AS_STORED)
    return found


async def record(platform: Platform) -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        for step in seed.journey(platform, http).steps:
            await step.take()
    for service in SERVICES:
        store = Database(platform.addresses.mongodb_uri, service)
        for name in repositories(service):
            place, found = place_of(service, name), await store[name].find({}, sort=[("version", -1)], limit=1)
            if found and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json_util.dumps(found[0], json_options=AS_STORED, indent=1) + "\n")
        store.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mentorship-record-") as folder, Platform.start(Path(folder)) as platform:
        seed.create(platform, seed.STAFF, "staff")
        seed.create(platform, seed.FINANCE, "finance")
        seed.set_up_second_factors(platform)
        asyncio.run(record(platform))


if __name__ == "__main__":
    main()
