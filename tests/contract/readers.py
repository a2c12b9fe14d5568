"""Who reads which fields of an event: what handlers state, and what copies keep."""

import base64
import importlib
from typing import Any, Final

from contracts.catalog import SERVICES
from contracts.event import Event
from services.chassis.bus import Listener
from services.chassis.rebuilding import copies
from services.chassis.service import Service
from services.chassis.store import Projection

ENVELOPE: Final = frozenset({"type", "id", "sequence", "at", "by"})
"""Every event has these, whoever reads it."""
KEY: Final = base64.b64encode(bytes(32)).decode()
NOWHERE: Final[dict[str, object]] = {
    "mongodb_uri": "mongodb://127.0.0.1:1",
    "kafka_bootstrap_servers": "127.0.0.1:1",
    "http_port": 1,
    "public_url": "http://localhost",
    "key_secret": KEY,
    "payee_secret": KEY,
    "sandbox_url": "http://localhost",
    "sandbox_api_key": "none",
    "sandbox_callback_secret": "none",
}
"""Settings with which a service can be put together; nothing is connected."""


def put_together(service: str) -> Service[Any]:
    rooms = importlib.import_module(f"services.{service}.app")
    built: Service[Any] = rooms.build(rooms.Settings(**NOWHERE))
    return built


BUILT: Final = {service: put_together(service) for service in SERVICES}


def listener(service: str) -> Listener[Any]:
    return BUILT[service].listener


def heard(service: str) -> list[type[Event]]:
    return [event for topic in listener(service).topics for event in listener(service).hears(topic)]


def fed(service: str, event: type[Event]) -> list[Projection[Any]]:
    """Give the copies that keep the picture of such an event."""
    return [copy for copy in copies(BUILT[service].data).values() if issubclass(event, copy.remembers)]


def fields_read(service: str, event: type[Event]) -> frozenset[str]:
    """Give the fields that a service reads, the envelope aside."""
    kept = {name for copy in fed(service, event) for name in copy.model.model_fields}
    return frozenset(kept | listener(service).reads(event)) - ENVELOPE
