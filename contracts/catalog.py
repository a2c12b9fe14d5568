"""Every event and every topic there is; tests, documents and deploy files walk it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from contracts import applications, exports, identity, projects, stipends
from contracts.event import Event

PARTITIONS: Final = 12
"""Fixed for ever: the order per key hangs on it."""

SERVICES: Final = ("identity", "projects", "applications", "stipends")


@dataclass(frozen=True)
class Topic:
    """A Kafka topic; on a compacted one only the newest message of a key matters."""

    name: str
    partitions: int = PARTITIONS
    compacted: bool = False
    retention: timedelta | None = None
    """How long messages stay; without it for ever, or until a newer one of their key, since copies are rebuilt."""


def dead_letters(service: str) -> str:
    return f"{service}.dead-letters"


TOPICS: Final = (
    *(Topic(f"{service}.events") for service in SERVICES),
    Topic("identity.people", compacted=True),
    Topic("identity.sessions", compacted=True, retention=timedelta(hours=24)),
    *(Topic(name, retention=timedelta(days=30)) for name in exports.TOPICS),
    *(Topic(dead_letters(service), retention=timedelta(days=90)) for service in SERVICES),
)

COMPACTED: Final = frozenset(topic.name for topic in TOPICS if topic.compacted)


def written_by(service: str) -> tuple[str, ...]:
    """Name the topics that only this service writes."""
    return tuple(topic.name for topic in TOPICS if topic.name.startswith(f"{service}."))


def _leaves(event: type[Event]) -> Iterator[type[Event]]:
    for below in event.__subclasses__():
        if below.model_fields["type"].is_required():
            yield from _leaves(below)
        elif below.__module__.startswith(MODULES):
            yield below


MODULES: Final = tuple(module.__name__ for module in (identity, projects, applications, stipends, exports))

EVENTS: Final[dict[str, type[Event]]] = {event.model_fields["type"].default: event for event in _leaves(Event)}
"""Each event by its name on the wire."""


def events_of(topic: str) -> tuple[type[Event], ...]:
    return tuple(event for event in EVENTS.values() if event.topic == topic)
