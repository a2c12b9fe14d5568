"""What the bus delivers, and effects that can be told to fail."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace

from uuid6 import uuid7

from contracts.event import Event
from contracts.identity import PersonDescribed
from contracts.projects import TermPlanned
from services.chassis.messages import Message
from services.chassis.store import Store

AT = datetime(2026, 3, 1, tzinfo=UTC)
_offsets = itertools.count()


class Effects:
    """Writes down in the store what was applied; refuses the sequences or the key it is told to."""

    def __init__(self, store: Store) -> None:
        self._notes = store.database["notes"]
        self.refusing: set[int] = set()
        self.refusing_key = ""

    async def apply(self, event: Event) -> None:
        await self._notes.insert({"_id": str(uuid7()), "key": event.key, "sequence": event.sequence})
        if event.sequence in self.refusing or event.key == self.refusing_key:
            raise ValueError("Not this one.")

    async def seen(self) -> list[int]:
        return [note["sequence"] for note in await self._notes.find({})]

    async def keys(self) -> set[str]:
        return set(await self.seen_by_key())

    async def seen_by_key(self) -> dict[str, list[int]]:
        seen: dict[str, list[int]] = defaultdict(list)
        for note in await self._notes.find({}):
            seen[note["key"]].append(note["sequence"])
        return dict(seen)


def planned(count: int) -> list[Message]:
    return [Message.of(record(event)) for event in terms(count)]


def terms(count: int) -> Sequence[TermPlanned]:
    id = str(uuid7())
    instants = dict.fromkeys(("window_opens_at", "window_closes_at", "starts_at", "ends_at"), AT)
    fields = {"id": id, "project_id": str(uuid7()), "name": "Spring", "capacity": 1, "at": AT, "by": "me", **instants}
    return [TermPlanned.model_validate({**fields, "sequence": sequence}) for sequence in range(1, count + 1)]


def described(sequence: int) -> Message:
    return Message.of(record(PersonDescribed(id="one", name="Mira", emails=(), sequence=sequence, at=AT, by="one")))


def record(event: Event) -> SimpleNamespace:
    """Give what the Kafka client would."""
    headers = [(name, value.encode()) for name, value in event.headers().items()]
    value = event.model_dump_json().encode()
    place = {"topic": event.topic, "partition": 0, "offset": next(_offsets)}
    return SimpleNamespace(**place, key=event.key.encode(), value=value, headers=headers)
