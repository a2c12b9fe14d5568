"""What somebody reads, its writer goes on saying; each consumer states what it reads."""

import json

import pytest

from contracts.catalog import EVENTS, SERVICES
from contracts.event import Event
from tests.contract.readers import fed, fields_read, heard, listener
from tests.contract.test_compatibility import Schema, recorded, schema_of

HEARD = [(service, event) for service in SERVICES for event in heard(service)]
NAMES = [f"{service} {event.__name__}" for service, event in HEARD]


@pytest.mark.parametrize(("service", "event"), HEARD, ids=NAMES)
def test_the_writer_says_what_this_consumer_reads(service: str, event: type[Event]):
    type_ = event.model_fields["type"].default
    assert unsaid(service, event, recorded(type_)["writer"]) == []
    assert unsaid(service, event, schema_of(event, "serialization")) == []


@pytest.mark.parametrize(("service", "event"), HEARD, ids=NAMES)
def test_a_consumer_states_what_it_reads(service: str, event: type[Event]):
    """By a copy that keeps it, or at the listener: `@listen(Kind, reads=(...))`."""
    assert fed(service, event) or listener(service).reads(event), "say reads=(...) where it is listened to"


def test_a_field_that_a_writer_drops_is_named_with_its_reader():
    event = EVENTS["term.planned.v1"]
    without: Schema = json.loads(json.dumps(schema_of(event, "serialization")))
    del without["properties"]["capacity"]
    assert unsaid("applications", event, without) == ["applications reads capacity of term.planned.v1"]


def unsaid(service: str, event: type[Event], schema: Schema) -> list[str]:
    type_ = event.model_fields["type"].default
    missing = sorted(fields_read(service, event) - schema["properties"].keys())
    return [f"{service} reads {name} of {type_}" for name in missing]
