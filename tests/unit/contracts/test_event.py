"""The event base: its id, its key, its headers, its name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from contracts.event import Event, wire_name
from contracts.identity import PersonDescribed
from contracts.time import in_utc, written


def described(**changes: object) -> PersonDescribed:
    at = datetime(2026, 3, 1, 12, 30, 0, 123999, tzinfo=timezone(timedelta(hours=2)))
    told = {"id": "a-1", "name": "Mira", "emails": ("mira@example.org",), "sequence": 3, "at": at, "by": "a-1"}
    return PersonDescribed.model_validate({**told, **changes})


def test_an_event_has_the_same_id_however_often_it_is_sent():
    assert described().event_id == "person/a-1/3"


def test_headers_are_cloudevents_in_binary_mode():
    assert described().headers() == {
        "ce_specversion": "1.0",
        "ce_id": "person/a-1/3",
        "ce_source": "/identity",
        "ce_type": "person.described.v1",
        "ce_subject": "person/a-1",
        "ce_time": "2026-03-01T10:30:00.123Z",
        "ce_sequence": "3",
        "content-type": "application/json",
    }


def test_a_reader_passes_over_what_a_newer_writer_adds():
    assert PersonDescribed.model_validate({**described().model_dump(), "pronouns": "she"}) == described()


@pytest.mark.parametrize("sequence", [0, -1])
def test_sequences_count_from_one(sequence: int):
    with pytest.raises(ValidationError):
        described(sequence=sequence)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValidationError):
        described(at=datetime(2026, 3, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("ProjectPublished", "project.published.v1"),
        ("MentorInvitationSent", "mentor-invitation.sent.v1"),
        ("PersonDescribedV2", "person.described.v1"),
    ],
)
def test_the_wire_name_follows_from_the_class(class_name: str, name: str):
    assert wire_name(class_name) == name


def test_a_class_that_is_called_otherwise_cannot_be_made():
    with pytest.raises(TypeError, match=r"must be called project\.renamed\.v1"):
        type("ProjectRenamed", (Event,), {"__annotations__": {"type": str}, "type": "project.changed.v1"})


def test_written_instants_sort_as_text_as_they_do_in_time():
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 5000, tzinfo=UTC)
    assert written(in_utc(early)) < written(in_utc(late))
