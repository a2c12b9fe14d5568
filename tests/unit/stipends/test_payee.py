"""Where a mentee is paid is checked, masked for people, confirmed by its owner, and late after a change."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.ids import AccountId, ActorId
from services.stipends.domain.payee import (
    Accepted,
    AccountNotKnown,
    AccountNotValid,
    Details,
    Kind,
    Payee,
    PayeeUnconfirmed,
    confirm,
    describe,
    iban,
    masked_end,
    masked_start,
    routed,
)
from tests.unit.stipends.examples import AT

MIRA = AccountId(ActorId("mira"))
DELAY = timedelta(hours=72)
SANDBOX = Accepted(frozenset(Kind), "sandbox-paid", "It knows sandbox-paid.")
BANK = Accepted(frozenset({Kind.IBAN, Kind.US}), "", "Give an IBAN.")
TEST_ACCOUNT = Details(account="sandbox-paid", holder_name="Mira Maker", country="DE")
GERMAN = iban("DE89 3704 0044 0532 0130 00", holder_name="Mira Maker", country="DE")


def described(payee: Payee, details: Details = TEST_ACCOUNT, before: Details | None = None, **changes: Any) -> Payee:
    how = {"accepted": SANDBOX, "sealed": b"sealed", "at": AT, "delay": DELAY, **changes}
    return describe(payee, details, before, **how).state


def test_what_is_kept_in_the_open_is_masked():
    payee = described(Payee(id=MIRA, version=0))
    assert (payee.account, payee.holder_name, payee.country, payee.version) == ("••••paid", "M••• M•••", "DE", 1)
    assert "sealed=" not in repr(payee)
    assert "sandbox" not in repr(TEST_ACCOUNT)
    assert "Mira" not in repr(TEST_ACCOUNT)


def test_the_first_description_is_paid_to_at_once_and_a_change_after_three_days():
    first = described(Payee(id=MIRA, version=0))
    assert first.payable_from is None
    changed = described(first, GERMAN, TEST_ACCOUNT)
    assert (changed.account, changed.kind, changed.payable_from) == ("••••3000", "iban", AT + DELAY)
    assert changed.payable_from_after(AT + DELAY) is None
    assert changed.payable_from_after(AT + timedelta(hours=71)) == AT + DELAY


def test_the_same_said_again_is_no_change():
    confirmed = confirm(described(Payee(id=MIRA, version=0)), at=AT).state
    assert described(confirmed, TEST_ACCOUNT, TEST_ACCOUNT) is confirmed


def test_what_is_said_anew_must_be_confirmed_anew():
    first = described(Payee(id=MIRA, version=0))
    with pytest.raises(PayeeUnconfirmed):
        first.must_be_confirmed()
    confirmed = confirm(first, at=AT).state
    confirmed.must_be_confirmed()
    assert confirm(confirmed, at=AT + DELAY).state is confirmed
    with pytest.raises(PayeeUnconfirmed):
        described(confirmed, GERMAN, TEST_ACCOUNT).must_be_confirmed()


@pytest.mark.parametrize(
    ("details", "accepted"),
    [
        (TEST_ACCOUNT, BANK),
        (Details(account="sandbox", holder_name="Mira"), SANDBOX),
        (Details(account="sandbox-paid\n", holder_name="Mira"), SANDBOX),
        (GERMAN, Accepted(frozenset({Kind.PROVIDER}), "acct_.*", "Give an account at Stripe.")),
    ],
)
def test_only_accounts_that_the_provider_can_pay_to_are_taken(details: Details, accepted: Accepted):
    with pytest.raises(AccountNotKnown, match=r"It knows|Give"):
        described(Payee(id=MIRA), details, accepted=accepted)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("DE89370400440532013000", "DE"),
        ("gb29 nwbk 6016 1331 9268 19", "GB"),
        ("FR1420041010050500013M02606", "FR"),
        ("NO9386011117947", "NO"),
    ],
)
def test_an_iban_is_taken_in_whatever_way_it_is_written(text: str, country: str):
    assert iban(text, holder_name="M", country=country).account == text.upper().replace(" ", "")


@pytest.mark.parametrize(
    "text", ["DE89370400440532013001", "DE8937040044053201300", "ZZ89370400440532013000", "sandbox-paid", "", "DE" * 50]
)
def test_a_wrong_iban_is_refused_without_repeating_it(text: str):
    with pytest.raises(AccountNotValid) as refused:
        iban(text, holder_name="M", country="DE")
    assert not text or text not in str(refused.value)


def test_an_iban_of_another_country_is_refused():
    with pytest.raises(AccountNotValid, match="is of DE, not of FR"):
        iban("DE89370400440532013000", holder_name="M", country="FR")


@pytest.mark.parametrize("routing", ["021000021", "011401533", "091000019"])
def test_a_routing_number_whose_digits_agree_is_taken(routing: str):
    details = routed(routing, "000123456789", holder_name="M", country="US")
    assert (details.kind, details.routing, details.masked) == (Kind.US, routing, "••••6789")


@pytest.mark.parametrize(
    ("routing", "number", "country"),
    [
        ("021000022", "000123456789", "US"),
        ("120000021", "000123456789", "US"),
        ("000000000", "000123456789", "US"),
        ("02100002", "000123456789", "US"),
        ("02100002\u0661", "000123456789", "US"),
        ("021000021", "123", "US"),
        ("021000021", "1" * 18, "US"),
        ("021000021", "12-34", "US"),
        ("021000021", "000123456789", "DE"),
    ],
)
def test_a_wrong_account_in_the_united_states_is_refused(routing: str, number: str, country: str):
    with pytest.raises(AccountNotValid) as refused:
        routed(routing, number, holder_name="M", country=country)
    assert number not in str(refused.value)


@pytest.mark.parametrize(("text", "masked"), [("sandbox-paid", "••••paid"), ("12345678", "••••"), ("", "••••")])
def test_of_an_account_the_end_is_shown_and_of_a_short_one_nothing(text: str, masked: str):
    assert masked_end(text) == masked


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The account DE89370400440532013000 is closed.", "The account ••••3000 is closed."),
        ("de89 3704-0044 0532 0130 00 of MIRA MAKER", "••••3000 of M••• M•••"),
        ("Closed.", "Closed."),
    ],
)
def test_in_the_providers_words_account_and_holder_are_hidden(said: str, told: str):
    assert GERMAN.hidden_in(said) == told


def test_in_the_providers_words_the_routing_number_is_hidden_too():
    american = routed("021000021", "000123456789", holder_name="Max", country="US")
    assert american.hidden_in("021000021 / 000123456789, Max") == "•••• / ••••6789, M•••"


def test_of_a_name_the_initials_are_shown():
    assert masked_start("Ada  Lovelace") == "A••• L•••"
