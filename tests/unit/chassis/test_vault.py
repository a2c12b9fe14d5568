"""What is sealed is opened by the same key for the same owner alone."""

import pytest

from services.chassis.vault import SealBroken, Vault

VAULT = Vault(b"k" * 32)
CONTENT = b"account 12345"


def test_what_was_sealed_is_opened_for_its_owner():
    assert VAULT.open("mira", VAULT.seal("mira", CONTENT)) == CONTENT


def test_the_same_content_never_looks_the_same_and_never_shows():
    one, other = VAULT.seal("mira", CONTENT), VAULT.seal("mira", CONTENT)
    assert one != other
    assert b"account" not in one + other


def test_what_was_sealed_for_one_is_not_opened_for_another():
    with pytest.raises(SealBroken):
        VAULT.open("eve", VAULT.seal("mira", CONTENT))


def test_another_key_opens_nothing():
    with pytest.raises(SealBroken):
        Vault(b"x" * 32).open("mira", VAULT.seal("mira", CONTENT))


def test_a_changed_seal_is_noticed():
    sealed = bytearray(VAULT.seal("mira", CONTENT))
    sealed[-1] ^= 1
    with pytest.raises(SealBroken):
        VAULT.open("mira", bytes(sealed))
