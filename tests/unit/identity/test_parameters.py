"""Form fields and query parameters: each once, few, short, plain text; anything else is said, never a fault."""

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from authlib.oauth2.base import invalid_error_characters
from hypothesis import given
from hypothesis import strategies as st

from services.identity.parameters import MOST_BYTES, MOST_FIELDS, NotReadable, read

PLAIN = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
WRONG = {
    "twice": b"a=1&a=1",
    "twice, once without a value": b"a=1&a=",
    "NUL": b"a=%00",
    "a line break": b"a=%0a",
    "bad UTF-8": b"a=%ff",
    "bytes that are no ASCII": "a=é".encode(),
    "a surrogate": b"a=%ed%a0%80",
    "too many": urlencode({f"a{n}": 1 for n in range(MOST_FIELDS + 1)}).encode(),
    "too much": b"a=" + b"x" * MOST_BYTES,
}


@pytest.mark.parametrize("case", WRONG, ids=WRONG)
def test_what_cannot_be_read_is_refused(case: str):
    with pytest.raises(NotReadable):
        read(WRONG[case])


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        (b"", {}),
        (b"a=1&b=%C3%A9", {"a": "1", "b": "é"}),
        (b"a=&b", {}),
        (b"client_id[$ne]=1", {"client_id[$ne]": "1"}),
        (b"resource=https://a&resource=https://b", {"resource": "https://a https://b"}),
        (urlencode({f"a{n}": 1 for n in range(MOST_FIELDS)}).encode(), {f"a{n}": "1" for n in range(MOST_FIELDS)}),
    ],
)
def test_what_can_be_read_is(raw: bytes, meaning: dict[str, str]):
    assert read(raw) == meaning


@given(st.dictionaries(PLAIN, PLAIN, max_size=10))
def test_what_a_form_sends_arrives(fields: dict[str, str]):
    assert read(urlencode(fields).encode()) == fields


@given(st.binary(max_size=300))
def test_no_bytes_at_all_are_a_fault(raw: bytes):
    with suppress(NotReadable):
        assert all(read(raw).values())


@pytest.mark.parametrize("case", WRONG, ids=WRONG)
def test_the_reason_fits_into_an_error_of_the_protocol(case: str):
    with pytest.raises(NotReadable) as refused:
        read(WRONG[case])
    assert invalid_error_characters(str(refused.value)) == []
