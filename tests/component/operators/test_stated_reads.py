"""A consumer gets along with the fields it states to read: each event it hears is applied with no other field."""

import importlib
from typing import Any

import pytest
from uuid6 import uuid7

from contracts.catalog import EVENTS, SERVICES
from contracts.event import Event
from deploy.local.platform import Platform
from services.chassis.service import Service
from tests.contract.examples import EXAMPLES
from tests.contract.readers import ENVELOPE, NOWHERE, fields_read, heard

HEARD = [(service, event) for service in SERVICES for event in heard(service)]


@pytest.fixture(scope="module")
async def services(platform: Platform):
    """Give the services, each with an empty store, and nothing of them running."""
    at, built = {"mongodb_uri": platform.addresses.mongodb_uri}, {}
    for name in SERVICES:
        rooms = importlib.import_module(f"services.{name}.app")
        built[name] = rooms.build(rooms.Settings(**{**NOWHERE, **at, "mongodb_database": f"reads_{id(at)}_{name}"}))
        if name != "identity":
            await built[name].prepare_everything()
    yield built
    for service in built.values():
        await service.store.database.drop()
        service.store.database.close()


@pytest.mark.parametrize(("service", "event"), HEARD, ids=[f"{service} {event.__name__}" for service, event in HEARD])
async def test_no_other_field_is_looked_at(services: dict[str, Service[Any]], service: str, event: type[Event]):
    running = services[service]
    stripped = only(event, fields_read(service, event))
    try:
        await running.store.transaction(lambda: running.apply(stripped))
    except AttributeError as missed:
        pytest.fail(f"{service} looks at what it does not state to read: {missed}")


async def test_a_field_that_is_not_stated_is_missed(services: dict[str, Service[Any]]):
    """The negative control: what the test above strips is really not there."""
    running, event = services["stipends"], EVENTS["application.accepted.v1"]
    stripped = only(event, fields_read("stipends", event) - {"accepted_at"})
    with pytest.raises(AttributeError, match="accepted_at"):
        await running.store.transaction(lambda: running.apply(stripped))


def only(kind: type[Event], fields: frozenset[str]) -> Event:
    """Give the recorded example, about a thing of its own, with nothing but these fields and the envelope."""
    whole = kind.model_validate_json((EXAMPLES / f"{kind.model_fields['type'].default}.json").read_bytes())
    said = {name: getattr(whole, name) for name in fields | ENVELOPE}
    return kind.model_construct(**{**said, "id": str(uuid7())})
