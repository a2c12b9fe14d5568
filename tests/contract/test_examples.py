"""What was once on the wire is read for ever: an example of every version, and old versions lifted to the newest."""

import json
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from contracts import upcast
from contracts.catalog import EVENTS
from contracts.projects import TermPlanned
from contracts.upcast import UPCASTS, Content, lifted, newest
from services.chassis.messages import Message, Unreadable
from tests.contract.examples import EXAMPLES, example

PLACES = sorted(EXAMPLES.glob("*.json"))


def message(value: bytes) -> Message:
    """Give it as it comes from the bus."""
    said = json.loads(value)
    kind = EVENTS[newest(said["type"])]
    headers = {"ce_type": said["type"], "ce_sequence": str(said["sequence"])}
    return Message(kind.topic, "0/0", f"{kind.noun}/{said['id']}", said["sequence"], headers, value)


def shared(one: Any, other: Any) -> Any:
    """Give what of `one` the other has a place for: fields come and go with the versions."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: shared(value, other[name]) for name, value in one.items() if name in other}
    if isinstance(one, list) and isinstance(other, list):
        return [shared(*pair) for pair in zip_longest(one, other)]
    return one


def test_there_is_an_example_of_every_version_ever_told():
    assert {place.stem for place in PLACES} == {*EVENTS, *UPCASTS}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.stem)
def test_an_example_is_read_and_means_the_same(place: Path):
    value = place.read_bytes()
    event = message(value).event()
    assert event.type == newest(place.stem)
    said = lifted(json.loads(value))
    told = json.loads(event.model_dump_json())
    assert shared(told, said) == shared(said, told)


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_an_example_of_today_is_written_with_every_field(event):
    assert json.loads(example(event)).keys() == event.model_fields.keys()


class TestATermThatOnceHadSeats:
    """`term.planned.v0` and before it `term.drafted.v0` never were; they show how an old version is lifted."""

    @pytest.fixture(autouse=True)
    def _old_versions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(upcast.UPCASTS, "term.planned.v0", ("term.planned.v1", self.capacity_for_seats))
        monkeypatch.setitem(upcast.UPCASTS, "term.drafted.v0", ("term.planned.v0", self.a_name))

    @staticmethod
    def capacity_for_seats(content: Content) -> Content:
        return {**content, "capacity": content["seats"]}

    @staticmethod
    def a_name(content: Content) -> Content:
        return {**content, "name": "Spring"}

    def old(self, type_: str, *without: str, **more: object) -> Message:
        content = json.loads(example(TermPlanned)) | {"type": type_} | more
        return message(json.dumps({name: content[name] for name in content if name not in without}).encode())

    def test_it_is_read_as_the_newest_version(self):
        event = self.old("term.planned.v0", "capacity", seats=7).event()
        assert isinstance(event, TermPlanned)
        assert (event.type, event.capacity) == ("term.planned.v1", 7)

    def test_one_version_is_lifted_after_the_other(self):
        event = self.old("term.drafted.v0", "capacity", "name", seats=7).event()
        assert isinstance(event, TermPlanned)
        assert (event.name, event.capacity) == ("Spring", 7)

    def test_one_that_cannot_be_lifted_is_unreadable_and_no_fault(self):
        with pytest.raises(Unreadable, match="lifted"):
            self.old("term.planned.v0", "capacity").event()
