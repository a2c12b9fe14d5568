"""Consent by its rules: when to ask, what a yes allows, what taking it back leaves."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import ConsentGiven, ConsentWithdrawn
from services.identity.domain import consent as consents
from services.identity.domain.account import account_id, myself
from services.identity.domain.client import SCOPES
from services.identity.domain.consent import Consent, ConsentNotFound, must_be_asked, nothing_yet
from tests.unit.identity.examples import NOW

ME = account_id("account-1")
LATER = NOW + timedelta(hours=1)
scopes = st.lists(st.sampled_from(SCOPES), min_size=1, max_size=4, unique=True)


def yes(*allowed: str) -> Consent:
    return consents.give(nothing_yet(ME, "client-1"), scopes=allowed, by=myself(ME), at=NOW).state


@given(allowed=scopes, asked=scopes)
def test_somebody_else_asks_for_what_was_not_allowed_and_a_part_of_the_platform_never(
    allowed: list[str], asked: list[str]
):
    scope = " ".join(asked)
    assert must_be_asked(yes(*allowed), scope, first_party=False, explicitly=None) == (not set(asked) <= set(allowed))
    assert must_be_asked(nothing_yet(ME, "client-1"), scope, first_party=False, explicitly=None)
    assert not must_be_asked(nothing_yet(ME, "client-1"), scope, first_party=True, explicitly=None)


@pytest.mark.parametrize("first_party", [True, False])
def test_who_insists_on_a_yes_needs_one_given_since_then(*, first_party: bool):
    given = yes("openid")
    assert must_be_asked(given, "openid", first_party=first_party, explicitly=LATER)
    assert not must_be_asked(given, "openid", first_party=first_party, explicitly=NOW)
    assert must_be_asked(given, "openid email", first_party=first_party, explicitly=NOW)


@given(first=scopes, second=scopes)
def test_a_yes_adds_to_the_one_before(first: list[str], second: list[str]):
    change = consents.give(yes(*first), scopes=second, by=myself(ME), at=LATER)
    assert change.state.scopes == tuple(dict.fromkeys([*first, *second]))
    assert isinstance(change.event, ConsentGiven)
    assert (change.event.sequence, change.event.scopes, change.event.by) == (2, change.state.scopes, ME)


def test_taking_it_back_leaves_nothing_and_is_told():
    change = consents.withdraw(yes("openid"), had_grants=False, by=myself(ME), at=LATER)
    assert (change.state.scopes, change.state.given_at) == ((), None)
    assert isinstance(change.event, ConsentWithdrawn)
    assert must_be_asked(change.state, "openid", first_party=False, explicitly=None)


def test_what_was_never_given_cannot_be_taken_back_but_grants_without_a_question_can():
    nothing = nothing_yet(ME, "client-1")
    with pytest.raises(ConsentNotFound):
        consents.withdraw(nothing, had_grants=False, by=myself(ME), at=NOW)
    assert consents.withdraw(nothing, had_grants=True, by=myself(ME), at=NOW).event is not None
