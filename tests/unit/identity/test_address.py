"""The addresses of a person: proved ones alone, one for mail, which stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import PersonDescribed
from services.identity.domain import address as addresses
from services.identity.domain.account import account_id, myself
from services.identity.domain.address import AddressNotFound, PrimaryAddress, TooManyAddresses
from services.identity.domain.person import Person
from tests.unit.identity.examples import NOW

ME = myself("account-1")


def person(*emails: str) -> Person:
    return Person(id=account_id("account-1"), name="Wanda Fry", emails=emails or ("a@example.org",), sequence=1)


def test_a_proved_address_comes_last_and_everybody_hears_of_all():
    change = addresses.prove(person(), email="b@example.org", by=ME, at=NOW)

    assert change.state.emails == ("a@example.org", "b@example.org")
    assert isinstance(change.event, PersonDescribed)
    assert (change.event.emails, change.event.sequence) == (("a@example.org", "b@example.org"), 2)


def test_an_address_proved_again_is_nothing_new():
    assert addresses.prove(person(), email="a@example.org", by=ME, at=NOW).event is None


def test_an_eleventh_address_is_refused():
    ten = person(*(f"{n}@example.org" for n in range(addresses.MOST)))
    with pytest.raises(TooManyAddresses):
        addresses.prove(ten, email="more@example.org", by=ME, at=NOW)


def test_the_preferred_address_comes_first_and_the_others_keep_their_order():
    change = addresses.make_primary(person("a@x.org", "b@x.org", "c@x.org"), email="c@x.org", by=ME, at=NOW)

    assert change.state.emails == ("c@x.org", "a@x.org", "b@x.org")
    assert isinstance(change.event, PersonDescribed)
    assert change.event.emails == change.state.emails


def test_the_address_for_mail_is_preferred_already():
    assert addresses.make_primary(person(), email="a@example.org", by=ME, at=NOW).event is None


def test_the_address_for_mail_and_so_the_last_one_stays():
    for having in (person(), person("a@example.org", "b@example.org")):
        with pytest.raises(PrimaryAddress):
            addresses.remove(having, email="a@example.org", by=ME, at=NOW)


def test_another_address_goes():
    change = addresses.remove(person("a@example.org", "b@example.org"), email="b@example.org", by=ME, at=NOW)
    assert change.state.emails == ("a@example.org",)
    assert isinstance(change.event, PersonDescribed)


@pytest.mark.parametrize("decide", [addresses.make_primary, addresses.remove])
def test_what_is_not_proved_is_neither_preferred_nor_removed(decide):
    with pytest.raises(AddressNotFound):
        decide(person(), email="b@example.org", by=ME, at=NOW)


LETTERS = st.sampled_from("abcdefghijklm")


@given(st.lists(st.tuples(st.sampled_from(["prove", "make_primary", "remove"]), LETTERS), max_size=40))
def test_whatever_is_done_there_are_one_to_ten_different_addresses(steps: list[tuple[str, str]]):
    one = person("a")
    for name, email in steps:
        try:
            one = getattr(addresses, name)(one, email=email, by=ME, at=NOW).state
        except (AddressNotFound, PrimaryAddress, TooManyAddresses):
            continue
        assert 1 <= len(one.emails) == len(set(one.emails)) <= addresses.MOST
