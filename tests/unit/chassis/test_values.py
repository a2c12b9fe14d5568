"""The chassis' values: text, pages, settings, log lines, aggregates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.chassis.domain import Aggregate
from services.chassis.logs import REDACTED, redact
from services.chassis.paging import Malformed, PageRequest
from services.chassis.settings import SettingsError
from services.chassis.text import Line, Prose
from services.projects.settings import Settings

line, prose = TypeAdapter(Line), TypeAdapter(Prose)


@given(st.text(max_size=250))
def test_a_line_is_trimmed_normalized_and_without_controls_or_is_refused(text: str):
    try:
        tidied = line.validate_python(text)
    except ValidationError:
        return
    assert tidied == tidied.strip()
    assert 1 <= len(tidied) <= 200
    assert line.validate_python(tidied) == tidied
    tidied.encode()


def test_a_decomposed_letter_becomes_one():
    assert line.validate_python("  Zoe\u0308 ") == "Zoë"


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x00b", "x" * 201, "\ud800", 1, None])
def test_a_line_refuses(text: object):
    with pytest.raises(ValidationError):
        line.validate_python(text)


def test_prose_keeps_its_lines():
    assert prose.validate_python("one\r\ntwo\tthree\n") == "one\ntwo\tthree"


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()))
def test_a_cursor_leads_back_to_where_it_was_made(id: str):
    assert PageRequest.of(5, PageRequest.cursor_at(id)).before == id


@pytest.mark.parametrize("cursor", ["%", "=", "a", "\u00e4", "_w=="])
def test_a_foreign_cursor_is_malformed(cursor: str):
    with pytest.raises(Malformed):
        PageRequest.of(5, cursor)


def test_every_gap_and_wrong_value_is_named_and_no_value_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PROJECTS_HTTP_PORT", "ninety")
    monkeypatch.setenv("PROJECTS_PUBLIC_URL", "ftp://hidden/")
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment()
    said = str(refused.value)
    for name in ("MONGODB_URI", "KAFKA_BOOTSTRAP_SERVERS", "HTTP_PORT", "PUBLIC_URL"):
        assert f"PROJECTS_{name}" in said
    assert "hidden" not in said


def test_log_lines_hold_nothing_secret_or_personal():
    jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
    said = {
        "event": f"mail to mira@example.org with {jwt}",
        "password": "hunter2",
        "url": "/x?code=abc&y=1",
    }
    assert redact(None, "info", said) == {
        "event": f"mail to {REDACTED} with {REDACTED}",
        "password": REDACTED,
        "url": f"/x?code={REDACTED}&y=1",
    }


class Lamp(Aggregate):
    lit: bool = False


def test_a_change_is_a_new_version_and_the_old_one_stays():
    lamp = Lamp(id="l")
    assert (lamp.evolve(lit=True).version, lamp.lit) == (2, False)


@pytest.mark.parametrize("changes", [{"litt": True}, {"lit": "perhaps"}])
def test_an_aggregate_refuses_fields_and_values_it_cannot_have(changes: dict[str, object]):
    with pytest.raises((TypeError, ValidationError)):
        Lamp(id="l").evolve(**changes)
