"""Sign-in providers: what their kind tells of them, and what is refused because it would not be safe."""

from typing import Any

import pytest

from contracts.identity import SignInProviderAdded, SignInProviderChanged, SignInProviderKind
from services.identity.domain import provider as providers
from services.identity.domain.provider import Provider, ProviderNotRight
from tests.unit.identity.examples import NOW, STAFF


def added(id: str = "acme", kind: str = "openid", **told: Any) -> Provider:
    given = {"issuer": "https://id.acme.example"} if kind == "openid" else {}
    said: dict[str, Any] = {**given, "client_id": "c-1", "sealed": b"sealed", **told}
    change = providers.add(id, kind=SignInProviderKind(kind), **said, by=STAFF, at=NOW)
    assert isinstance(change.event, SignInProviderAdded)
    assert "sealed" not in change.event.model_dump_json()
    return change.state


def test_an_issuer_is_asked_at_its_own_host_and_those_told():
    provider = added(hosts=("Login.acme.example", "id.acme.example"))
    assert provider.hosts == ("id.acme.example", "login.acme.example")
    assert (provider.label, provider.sends_nonce, provider.takes_pkce, provider.enabled) == ("acme", True, True, True)


@pytest.mark.parametrize("kind", ["google", "linkedin", "github"])
def test_a_known_kind_needs_no_address(kind: str):
    provider = added(kind, kind)
    assert provider.issuer.startswith("https://")
    assert provider.issuer.split("/")[2] in provider.hosts
    assert provider.label != kind


def test_linkedin_is_neither_sent_a_nonce_nor_a_challenge():
    provider = added("linkedin", "linkedin")
    assert (provider.sends_nonce, provider.takes_pkce) == (False, False)
    assert added("linkedin", "linkedin", sends_nonce=True).sends_nonce is True


def test_a_github_of_ones_own_is_asked_there_alone():
    assert added("ours", "github", issuer="https://git.acme.example/").hosts == ("git.acme.example",)


@pytest.mark.parametrize(
    "issuer",
    [
        None,
        "",
        "acme.example",
        "http://id.acme.example",
        "ftp://id.acme.example",
        "https://",
        "https://user@id.acme.example",
        "https://id.acme.example?x=1",
        "https://id.acme.example#x",
        "javascript:alert(1)",
        "http://127.0.0.1.evil.example",
    ],
)
def test_an_unsafe_address_is_refused(issuer: str | None):
    with pytest.raises(ProviderNotRight):
        added(issuer=issuer)


@pytest.mark.parametrize("issuer", ["http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1"])
def test_this_machine_needs_no_https(issuer: str):
    assert added(issuer=issuer).issuer == issuer


@pytest.mark.parametrize("id", ["", "Acme", "1st", "a/b", "a b", "../x", "x" * 31, "é", "passkey", "second-factor"])
def test_a_name_that_does_not_fit_an_address_is_refused(id: str):
    with pytest.raises(ProviderNotRight):
        added(id)


def test_a_provider_is_disabled_and_enabled_and_each_is_told_once():
    off = providers.disable(added(), by=STAFF, at=NOW)
    assert isinstance(off.event, SignInProviderChanged)
    assert (off.state.enabled, off.event.enabled) == (False, False)
    assert providers.disable(off.state, by=STAFF, at=NOW).event is None
    on = providers.enable(off.state, by=STAFF, at=NOW)
    assert on.state.enabled
    assert providers.enable(on.state, by=STAFF, at=NOW).event is None


def test_a_new_secret_is_told_of_and_not_told():
    change = providers.replace_secret(added(), sealed=b"other", by=STAFF, at=NOW)
    assert change.state.sealed == b"other"
    assert isinstance(change.event, SignInProviderChanged)
    assert "other" not in change.event.model_dump_json()
