"""Where an answer may go: exactly the registered addresses, and any port on loopback for native clients."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.client import SCOPES
from tests.unit.identity.examples import CALLBACK, client

KNOWN = [CALLBACK, "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", "http://[::1]:8080/callback"]
UNKNOWN = [
    "",
    f"{CALLBACK}/",
    f"{CALLBACK}?a=b",
    f"{CALLBACK}#f",
    CALLBACK.upper(),
    CALLBACK.replace("https", "http"),
    "https://mentorship.example.evil.org/signed-in",
    "https://mentorship.example@evil.org/signed-in",
    "http://127.0.0.1:80@evil.org/callback",
    "http://127.0.0.1:8080/callback/..",
    "http://127.0.0.1:8080/other",
    "http://127.0.0.1:/callback",
    "http://127.0.0.1:0/callback",
    "http://127.0.0.1:123456/callback",
    "http://127.0.0.1:8080/callback\n",
    "http://127.0.0.1:\uff18080/callback",
    "http://127.0.0.2:8080/callback",
    "http://localhost:8080/callback",
    "https://127.0.0.1:8080/callback",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("uri", KNOWN)
def test_a_registered_address_is_known(uri: str):
    assert client().knows_redirect(uri)


@pytest.mark.parametrize("uri", UNKNOWN)
def test_what_only_resembles_one_is_not(uri: str):
    assert not client().knows_redirect(uri)


@given(st.integers(1, 65535))
def test_on_loopback_any_port_may_be_asked_for(port: int):
    assert client().knows_redirect(f"http://127.0.0.1:{port}/callback")


@given(st.sampled_from(KNOWN), st.text(min_size=1, max_size=5), st.integers(0, 40))
def test_no_insertion_makes_another_address_known(uri: str, inserted: str, at: int):
    changed = uri[:at] + inserted + uri[at:]
    only_the_port = changed.startswith(("http://127.0.0.1:", "http://[::1]:")) and changed.endswith("/callback")
    if client().knows_redirect(changed):
        assert only_the_port
        assert changed.removesuffix("/callback").rpartition(":")[2].isdecimal()


@given(st.lists(st.sampled_from([*SCOPES, "admin", "$ne", "openid2"])))
def test_scopes_are_narrowed_to_what_the_client_may_have(asked: list[str]):
    narrowed = client().narrowed(" ".join(asked)).split()
    assert set(narrowed) == set(asked) & set(SCOPES)
    assert len(narrowed) == len(set(narrowed))
