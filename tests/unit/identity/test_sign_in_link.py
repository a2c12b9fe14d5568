"""What is linked to an account: each identity once, one a provider, and never nothing to come in by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import SignInLinkAdded, SignInLinkRemoved
from services.identity.domain import session as sessions
from services.identity.domain import sign_in_link as links
from services.identity.domain.account import account_id, myself
from services.identity.domain.session import ONE_FACTOR, TWO_FACTORS, Method, Proof
from services.identity.domain.sign_in_link import ExternalIdentity, LastWayIn, LinkNotFound, LinkThere, SignInLinks
from tests.unit.identity.examples import NOW

ME = myself("account-1")
ALL = frozenset({"google", "github"})


def identity(provider: str = "google", subject: str = "1", **changes: str) -> ExternalIdentity:
    given = {"issuer": f"https://{provider}.example", "name": "ada@example.org", **changes}
    return ExternalIdentity(provider=provider, subject=subject, linked_at=NOW, **given)


def linked(*identities: ExternalIdentity) -> SignInLinks:
    return SignInLinks(id=account_id("account-1"), identities=identities)


def test_a_link_is_told_of_by_the_names_of_providers_alone():
    change = links.add(linked(identity()), identity=identity("github", "2"), by=ME, at=NOW)

    assert change.state.providers == ("google", "github")
    assert isinstance(change.event, SignInLinkAdded)
    assert change.event.providers == ("google", "github")
    assert "ada@example.org" not in change.event.model_dump_json()


def test_the_same_identity_again_is_nothing_new():
    assert links.add(linked(identity()), identity=identity(name="ada@new.example"), by=ME, at=NOW).event is None


@pytest.mark.parametrize("change", [{"subject": "2"}, {"issuer": "https://elsewhere.example"}])
def test_another_identity_at_a_linked_provider_is_refused(change: dict[str, str]):
    with pytest.raises(LinkThere):
        links.add(linked(identity()), identity=identity(**change), by=ME, at=NOW)


def remove(having: SignInLinks, *, ways: frozenset[str] = ALL, has_password: bool = False) -> SignInLinks:
    change = links.remove(having, provider="google", ways=ways, has_password=has_password, by=ME, at=NOW)
    assert isinstance(change.event, SignInLinkRemoved)
    return change.state


def test_a_link_goes_where_a_password_or_another_provider_stays():
    assert remove(linked(identity()), has_password=True).providers == ()
    assert remove(linked(identity(), identity("github"))).providers == ("github",)


def test_the_last_way_in_stays():
    with pytest.raises(LastWayIn):
        remove(linked(identity()))
    with pytest.raises(LastWayIn):
        remove(linked(identity(), identity("github")), ways=frozenset({"google"}))


def test_what_is_not_linked_is_not_unlinked():
    with pytest.raises(LinkNotFound):
        remove(linked(identity("github")), has_password=True)


METHODS = st.lists(st.sampled_from(Method), min_size=1, max_size=4)


@given(METHODS)
def test_a_providers_word_counts_as_the_password_does_and_never_besides_it(methods: list[Method]):
    proofs = [Proof(method=method, at=NOW) for method in methods]
    begun = sessions.begin("id-1", sid="sid-1", account_id=account_id("account-1"), proofs=proofs, at=NOW)
    first = {Method.PASSWORD, Method.THIRD_PARTY}
    kinds = len(set(methods) - first) + bool(set(methods) & first)
    assert begun.acr == (TWO_FACTORS if kinds > 1 else ONE_FACTOR)
