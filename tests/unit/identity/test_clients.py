"""Clients are registered so that nobody can be sent where somebody else listens; secrets overlap while they rotate."""

import warnings
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import ValidationError

from contracts.identity import ClientDeleted, ClientEdited, ClientRegistered, ClientSecretRotated
from services.identity.client_registration import CreateClient
from services.identity.domain import client as clients
from services.identity.domain.client import (
    FOR_PEOPLE,
    AddressNotGood,
    AuthMethod,
    Client,
    ClientNotGood,
    GrantType,
    OurOwnClient,
    Secret,
    WithoutSecret,
    is_safe_address,
)
from services.identity.domain.grant import begin
from services.identity.domain.record import digest
from tests.unit.identity.examples import ISSUER, NOW, STAFF, client, session

SAFE = [
    "https://app.example/callback",
    "https://app.example:8443/callback?a=b",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:3000/callback",
    "http://[::1]/callback",
    "http://localhost:3000/callback",
]
UNSAFE = [
    "",
    "app.example",
    "//app.example/callback",
    "http://app.example/callback",
    "http://127.0.0.1.evil.org/",
    "http://127.0.0.2/",
    "https:///callback",
    "https://*.example/callback",
    "https://app.example/callback#x",
    "https://user@app.example/",
    "https://app.example/call back",
    "https://app.example:port/",
    "https://\u0430pp.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "callback:/x",
    "com.example.app:callback",
]


def confidential(**changes: Any) -> Client:
    given_: dict[str, Any] = {
        "id": "client-1",
        "name": "An app",
        "redirect_uris": ("https://app.example/callback",),
        "resources": (ISSUER,),
        "auth_method": AuthMethod.BASIC,
        "secrets": (Secret(digest=digest("first"), made_at=NOW),),
    }
    return Client(**given_ | changes)


@pytest.mark.parametrize("uri", SAFE)
def test_people_are_sent_to_https_or_loopback(uri: str):
    assert is_safe_address(uri, confidential=True)


@pytest.mark.parametrize("uri", UNSAFE)
def test_people_are_sent_nowhere_else(uri: str):
    assert not is_safe_address(uri, confidential=True)
    assert not is_safe_address(uri, confidential=False)
    with pytest.raises(AddressNotGood):
        clients.register(confidential(redirect_uris=(uri,)), by=STAFF, at=NOW)
    with pytest.raises(AddressNotGood):
        clients.register(confidential(post_logout_redirect_uris=(uri,)), by=STAFF, at=NOW)


def test_an_app_may_have_a_scheme_of_its_own_and_a_server_may_not():
    assert is_safe_address("com.example.app:/callback", confidential=False)
    assert not is_safe_address("com.example.app:/callback", confidential=True)


@given(st.text(max_size=60))
def test_no_text_breaks_the_judgment_of_an_address(uri: str):
    if is_safe_address(uri, confidential=False):
        assert uri.isascii()
        assert "#" not in uri
        assert uri.startswith(("https://", "http://")) or "." in uri.partition(":")[0]


def test_a_registered_client_is_told_of_without_its_secret():
    change = clients.register(confidential(), by=STAFF, at=NOW)
    assert change.event == ClientRegistered(
        id="client-1", name="An app", first_party=False, sequence=1, at=NOW, by=STAFF.id
    )
    assert digest("first") not in repr(change.state)


@pytest.mark.parametrize(
    "changes",
    [
        {"auth_method": AuthMethod.NONE, "grant_types": (*FOR_PEOPLE, GrantType.CLIENT)},
        {"auth_method": AuthMethod.NONE, "pkce_required": False},
        {"redirect_uris": ()},
        {"redirect_uris": (), "grant_types": ()},
    ],
)
def test_a_public_client_acts_for_people_alone_and_whoever_signs_people_in_has_an_address(changes: dict[str, Any]):
    with pytest.raises(ClientNotGood):
        clients.register(confidential(**changes), by=STAFF, at=NOW)


def test_a_client_that_acts_by_itself_needs_no_address():
    alone = confidential(redirect_uris=(), grant_types=(GrantType.CLIENT,), scopes=("reports:read",))
    assert clients.register(alone, by=STAFF, at=NOW).state.own_scopes == ("reports:read",)


def test_two_secrets_are_good_for_a_day_while_they_rotate_and_never_three():
    day, subject = timedelta(days=1), confidential()
    second = clients.rotate(subject, secret=digest("second"), at_once=False, by=STAFF, at=NOW)
    assert second.event == ClientSecretRotated(
        id="client-1", name="An app", first_party=False, sequence=1, at=NOW, by=STAFF.id
    )
    assert all(second.state.has_secret(known, NOW) for known in ("first", "second"))
    assert not second.state.has_secret("first", NOW + day)
    assert second.state.has_secret("second", NOW + 100 * day)
    third = clients.rotate(second.state, secret=digest("third"), at_once=False, by=STAFF, at=NOW).state
    assert [third.has_secret(known, NOW) for known in ("first", "second", "third")] == [False, True, True]


def test_a_secret_that_leaked_ends_at_once():
    rotated = clients.rotate(confidential(), secret=digest("second"), at_once=True, by=STAFF, at=NOW).state
    assert (rotated.has_secret("first", NOW), rotated.has_secret("second", NOW)) == (False, True)


@pytest.mark.parametrize("method", [AuthMethod.NONE, AuthMethod.KEY])
def test_a_client_without_a_secret_has_none_to_rotate(method: AuthMethod):
    with pytest.raises(WithoutSecret):
        clients.rotate(confidential(auth_method=method), secret="x", at_once=False, by=STAFF, at=NOW)


def test_a_client_is_edited_and_forgotten_but_not_our_own():
    edited = clients.edit(confidential(), changes={"name": "Another"}, by=STAFF, at=NOW)
    assert (edited.state.name, type(edited.event)) == ("Another", ClientEdited)
    with pytest.raises(AddressNotGood):
        clients.edit(confidential(), changes={"redirect_uris": ("http://evil.example/",)}, by=STAFF, at=NOW)
    assert type(clients.delete(confidential(), by=STAFF, at=NOW).event) is ClientDeleted
    with pytest.raises(OurOwnClient):
        clients.edit(client(), changes={"name": "x"}, by=STAFF, at=NOW)
    with pytest.raises(OurOwnClient):
        clients.delete(client(), by=STAFF, at=NOW)


def test_a_client_introspects_its_own_tokens_and_those_for_what_it_serves():
    server = confidential(serves=("https://api.example",))
    assert server.may_introspect(client_id="client-1", audience=ISSUER)
    assert server.may_introspect(client_id="client-2", audience="https://api.example")
    assert not server.may_introspect(client_id="client-2", audience=ISSUER)
    assert not server.may_introspect(client_id="client-2", audience="")


def test_a_grant_for_several_resources_gives_a_token_for_one_of_them():
    both = begin(
        "g", session=session(), client_id="c", scope="openid", resource="https://a https://b", nonce=None, at=NOW
    )
    assert [both.audience(asked) for asked in (None, "https://a", "https://b")] == [
        "https://a",
        "https://a",
        "https://b",
    ]
    for other in ("https://c", "https://a https://b", "", "https://"):
        assert both.audience(other) is None


def keys(*made: Any, private: bool = False) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=private) for key in made]}


def weak_key() -> RSAKey:
    with warnings.catch_warnings(action="ignore"):
        return RSAKey.generate_key(1024)


GOOD_KEY = ECKey.generate_key("P-256")


@pytest.mark.parametrize(
    "jwks",
    [
        keys(GOOD_KEY, private=True),
        keys(OctKey.generate_key(256), private=True),
        keys(weak_key()),
        keys(ECKey.generate_key("P-384")),
        keys(*[GOOD_KEY] * 11),
        {"keys": []},
        {"keys": [{"kty": "EC"}]},
        {"keys": "x"},
        {"keys": [7]},
        {},
    ],
)
@pytest.mark.filterwarnings("ignore:Key size")
def test_only_public_keys_that_are_strong_enough_are_taken(jwks: dict[str, Any]):
    with pytest.raises(ValidationError):
        CreateClient(name="x", auth_method=AuthMethod.KEY, jwks=jwks)


def test_good_public_keys_are_taken_as_they_are():
    said = CreateClient(name="x", auth_method=AuthMethod.KEY, jwks=keys(GOOD_KEY, RSAKey.generate_key(2048)))
    assert said.jwks
    assert len(said.jwks["keys"]) == 2
