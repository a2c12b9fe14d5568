"""What is sealed is opened by the same key for the same owner alone."""

import pytest

from services.chassis.vault import SealBroken, Vault

VAULT = Vault(lambda: [b"k" * 32])
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
        Vault(lambda: [b"x" * 32]).open("mira", VAULT.seal("mira", CONTENT))


def test_a_changed_seal_is_noticed():
    sealed = bytearray(VAULT.seal("mira", CONTENT))
    sealed[-1] ^= 1
    with pytest.raises(SealBroken):
        VAULT.open("mira", bytes(sealed))


def test_while_keys_are_rotated_both_open_and_what_the_old_one_sealed_is_renewed_once():
    both = Vault(lambda: [b"n" * 32, b"k" * 32])
    old = VAULT.seal("mira", CONTENT)
    assert both.open("mira", old) == CONTENT

    renewed = both.renew("mira", old)
    assert renewed is not None
    assert Vault(lambda: [b"n" * 32]).open("mira", renewed) == CONTENT
    assert both.renew("mira", renewed) is None
    with pytest.raises(SealBroken):
        VAULT.open("mira", renewed)


def test_what_neither_key_opens_is_not_renewed():
    with pytest.raises(SealBroken):
        Vault(lambda: [b"n" * 32, b"x" * 32]).renew("mira", VAULT.seal("mira", CONTENT))


def test_its_keys_are_those_of_now():
    keys = [b"k" * 32]
    vault = Vault(lambda: keys)
    old = vault.seal("mira", CONTENT)
    keys.insert(0, b"n" * 32)
    assert VAULT.open("mira", old) == vault.open("mira", vault.seal("mira", CONTENT)) == CONTENT
    assert vault.renew("mira", old) is not None
    keys.pop()
    with pytest.raises(SealBroken):
        vault.open("mira", old)
