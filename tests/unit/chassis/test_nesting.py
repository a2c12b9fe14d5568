"""How deep a body may be nested."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.nesting import DEEPEST, refuse_nested
from services.chassis.paging import Malformed

VALUES = st.recursive(
    st.text() | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=60,
)


def depth_of(value: object) -> int:
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if within is None else 1 + max(map(depth_of, within), default=0)


@given(VALUES, st.integers(0, DEEPEST + 3))
def test_exactly_what_is_deeper_is_refused(value: object, more: int):
    for _ in range(more):
        value = [value]
    body = json.dumps(value).encode()
    if depth_of(value) > DEEPEST:
        with pytest.raises(Malformed):
            refuse_nested(body)
    else:
        refuse_nested(body)


@pytest.mark.parametrize("text", ["[" * 1000, '"' + "[{" * 1000, "\\" + '"' * 3 + "[" * 1000])
def test_brackets_in_a_text_are_text(text: str):
    refuse_nested(json.dumps({"text": text}).encode())


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"a":' * 200_000, b'""' * 300_000 + b"[" * 400_000])
def test_a_body_of_brackets_alone_is_refused(body: bytes):
    with pytest.raises(Malformed):
        refuse_nested(body)


@pytest.mark.parametrize("body", [b'"' * 999_999 + b"[" * 40, b'"\\' * 500_000 + b"[" * 40, b"[]" * 500_000])
def test_no_body_takes_long(body: bytes):
    """Each is the most that is read: some milliseconds, but minutes where time grew with the square."""
    began = time.process_time()
    with suppress(Malformed):
        refuse_nested(body)
    assert time.process_time() - began < 10
