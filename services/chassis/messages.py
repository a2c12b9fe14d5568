"""Messages as they come from the bus, read without ever raising."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from contracts.catalog import COMPACTED, EVENTS
from contracts.event import Event
from contracts.upcast import UPCASTS, lifted, newest

NOUNS: Final = frozenset(type.partition(".")[0] for type in EVENTS)
TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-")


class Unreadable(ValueError):
    """The message cannot be understood; the text says why."""


@dataclass(frozen=True)
class Message:
    """A record of a topic; `sequence` is 0 where it cannot be told."""

    topic: str
    place: str
    """Partition and offset, for people."""
    key: str
    sequence: int
    headers: Mapping[str, str]
    value: bytes
    waited: bool = False
    """It comes from those that wait in the store, not from the bus."""

    @property
    def id(self) -> str:
        """Under which it waits in the store; one that has no sequence is told apart by what it says."""
        name = self.sequence or hashlib.sha256(f"{self.place}{self.value!r}".encode()).hexdigest()
        return f"{self.lane}|{name}"

    @property
    def foreign(self) -> bool:
        """It tells of a kind of thing that this release knows nothing of, so nobody here can miss it."""
        noun, dot, _ = self.headers.get("ce_type", "").partition(".")
        return bool(dot) and noun not in NOUNS

    @property
    def trace(self) -> str | None:
        """The id of the trace that the event was told in."""
        found = TRACEPARENT.match(self.headers.get("traceparent", ""))
        return found[1] if found else None

    @property
    def lane(self) -> str:
        """What must stay in order."""
        return f"{self.topic}|{self.key}"

    @property
    def compacted(self) -> bool:
        return self.topic in COMPACTED

    @classmethod
    def of(cls, record: Any) -> "Message":
        headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
        key = (record.key or b"").decode(errors="replace")
        place = f"{record.partition}/{record.offset}"
        return cls(record.topic, place, key, _number(headers.get("ce_sequence", "")), headers, record.value or b"")

    def event(self) -> Event:
        """Read the typed event, in its newest version. Raises `Unreadable`."""
        told = self.headers.get("ce_type", "")
        kind = EVENTS.get(newest(told))
        if kind is None:
            raise Unreadable(f"The type {self.headers.get('ce_type')!r} is not known here.")
        try:
            event = kind.model_validate_json(lift(self.value) if told in UPCASTS else self.value)
        except ValidationError as error:
            raise Unreadable(f"{kind.__name__}: {error.errors(include_input=False, include_url=False)}") from None
        if (event.key, event.sequence) != (self.key, self.sequence):
            raise Unreadable(f"Key and sequence {self.key}/{self.sequence} are not those of its content.")
        return event


def lift(value: bytes) -> bytes:
    """Write an old version's bytes as the newest would have been. Raises `Unreadable`."""
    try:
        return json.dumps(lifted(json.loads(value))).encode()
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"It cannot be lifted to the newest version: {error!r}") from None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
