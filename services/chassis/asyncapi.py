"""The AsyncAPI document of a service, made from what it publishes and what it hears."""

import json
from pathlib import Path
from typing import Any, Final

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI
from jinja2 import Environment, FileSystemLoader

from contracts.catalog import events_of, written_by
from services.chassis.bus import Listener, subscribe, union

_PAGES: Final = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def document(service: str, listener: Listener[Any], version: str, said: str) -> dict[str, Any]:
    """Describe channels, messages and their schemas; nothing is connected."""
    broker = KafkaBroker("kafka:9092", apply_types=False, logger=None)
    for topic in written_by(service):
        if written := events_of(topic):
            broker.publisher(topic, schema=union(written), title=f"{topic}:publish")
    for name in listener.topics:
        subscriber = subscribe(broker, (name,), service)
        subscriber(_hearing(union(listener.hears(name))))
    specification = AsyncAPI(broker, title=f"Mentorship {service}", version=version, description=said)
    written_out: dict[str, Any] = json.loads(specification.to_specification().to_json())
    return written_out


def _hearing(events: Any) -> Any:
    async def hear(event: Any) -> None:
        raise NotImplementedError

    hear.__annotations__["event"] = events
    return hear


def page(service: str, listener: Listener[Any]) -> str:
    """Show the same for people: every event with its meaning and schema."""
    mine = [event for topic in written_by(service) for event in events_of(topic)]
    heard = [event for topic in listener.topics for event in listener.hears(topic)]
    return _PAGES.get_template("asyncapi.html").render(service=service, publishes=mine, hears=heard)
