"""Where a mentee is paid is masked for people."""

import pytest

from contracts.ids import AccountId, ActorId
from services.stipends.domain.payee import AccountNotKnown, Payee, describe, masked_end, masked_start

MIRA = AccountId(ActorId("mira"))
CONTENT = {"account": "sandbox-paid", "holder_name": "Mira Maker"}


def test_what_is_kept_in_the_open_is_masked():
    payee = describe(Payee(id=MIRA, version=0), **CONTENT, country="DE", sealed=b"sealed").state
    assert (payee.account, payee.holder_name, payee.country, payee.version) == ("••••paid", "M••• M•••", "DE", 1)
    assert "sealed=" not in repr(payee)


@pytest.mark.parametrize("account", ["sandbox", "DE89370400440532013000", ""])
def test_only_accounts_of_the_sandbox_are_taken(account: str):
    with pytest.raises(AccountNotKnown):
        describe(Payee(id=MIRA), account=account, holder_name="Mira", country="DE", sealed=b"")


@pytest.mark.parametrize(("text", "masked"), [("sandbox-paid", "••••paid"), ("12345678", "••••"), ("", "••••")])
def test_of_an_account_the_end_is_shown_and_of_a_short_one_nothing(text: str, masked: str):
    assert masked_end(text) == masked


def test_of_a_name_the_initials_are_shown():
    assert masked_start("Ada  Lovelace") == "A••• L•••"
