"""Events may grow but never break: the code against the schemas recorded in `contracts/schemas`.

`python -m tests.contract.record` records a new event; a recorded one is never changed.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from contracts.catalog import EVENTS, TOPICS
from contracts.event import Event, version_of, wire_name
from contracts.upcast import UPCASTS

Schema = dict[str, Any]
SCHEMAS = Path(__file__).parents[2] / "contracts" / "schemas"


def schema_of(event: type[Event], mode: str) -> Schema:
    return TypeAdapter(event).json_schema(mode=mode)  # type: ignore[arg-type]


def recorded(type_: str) -> Schema:
    return json.loads((SCHEMAS / f"{type_}.json").read_text())  # type: ignore[no-any-return]


def test_every_event_ever_told_is_known_and_recorded():
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {*EVENTS, *UPCASTS}


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_the_writer_still_says_everything_readers_rely_on(event: type[Event]):
    before, after = recorded(event.model_fields["type"].default)["writer"], schema_of(event, "serialization")
    assert missing(before, after, before, after) == []


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_the_reader_demands_nothing_that_older_writers_left_out(event: type[Event]):
    before, after = recorded(event.model_fields["type"].default)["reader"], schema_of(event, "validation")
    assert set(after.get("required", ())) <= set(before.get("required", ()))
    known = before.get("$defs", {})  # a part that is new is reached through a new field alone, which may be left out
    demanded = {
        name: set(part.get("required", ())) - set(known[name].get("required", ()))
        for name, part in after.get("$defs", {}).items()
        if name in known
    }
    assert {name: fields for name, fields in demanded.items() if fields} == {}


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_an_event_is_called_what_its_class_says(event: type[Event]):
    type_ = event.model_fields["type"].default
    assert type_ == wire_name(event.__name__, version_of(type_))


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_an_event_goes_to_a_topic_of_its_own_service(event: type[Event]):
    assert event.topic in {topic.name for topic in TOPICS}
    assert event.topic.split(".")[0] == event.source


def test_a_removed_field_is_noticed():
    before = schema_of(EVENTS["term.planned.v1"], "serialization")
    after = json.loads(json.dumps(before))
    del after["properties"]["capacity"]
    assert missing(before, after, before, after) == ["capacity is gone"]


def missing(before: Schema, after: Schema, old: Schema, new: Schema) -> list[str]:
    """Say what the later schema no longer promises of the earlier one, nested objects included."""
    faults: list[str] = []
    for name, was in before.get("properties", {}).items():
        now = after.get("properties", {}).get(name)
        if now is None:
            faults.append(f"{name} is gone")
        else:
            faults += _changed(name, was, now, old, new)
    return faults


def _changed(name: str, was: Schema, now: Schema, old: Schema, new: Schema) -> list[str]:
    was, now = _followed(was, old), _followed(now, new)
    faults = [f"{name}: {key} changed" for key in ("type", "const", "pattern") if was.get(key) != now.get(key)]
    if "format" in was and was["format"] != now.get("format"):  # where none was said, to say one promises more
        faults.append(f"{name}: format changed")
    if not set(now.get("enum", ())) >= set(was.get("enum", ())):
        faults.append(f"{name}: a value is gone")
    if "items" in was:
        faults += _changed(f"{name}[]", was["items"], now.get("items", {}), old, new)
    return faults + [f"{name}.{fault}" for fault in missing(was, now, old, new)]


def _followed(part: Schema, whole: Schema) -> Schema:
    if "$ref" in part:
        return whole["$defs"][part["$ref"].rpartition("/")[2]]  # type: ignore[no-any-return]
    return part
