"""Passwords: their length in bytes, what is guessed first, and one spelling for the same keys."""

import pytest

from services.identity.domain.password import PasswordNotGood, context
from services.identity.hashing import Hasher

WORDS = context("Wanda Fry", "wanda.fry@example.org")
GOOD = "wren lantern gravel sofa"


@pytest.fixture(scope="module")
def hasher() -> Hasher:
    return Hasher()


@pytest.mark.parametrize("password", [GOOD, "äöüäöü kiesel", f"{GOOD} " * 10, "q7!fKz0_mW2x"])
async def test_a_password_of_any_composition_is_good(hasher: Hasher, password: str):
    hashed = await hasher.accept(password, WORDS)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await hasher.matches(hashed, password)
    assert not await hasher.matches(hashed, password + "x")


@pytest.mark.parametrize(
    "password",
    ["", "elevenchars", "x" * 257, "ä" * 129, "password1234", "123456789012", "aaaaaaaaaaaa", "wanda.fry@example.org"],
)
async def test_what_is_short_long_or_guessed_first_is_not(hasher: Hasher, password: str):
    with pytest.raises(PasswordNotGood):
        await hasher.accept(password, WORDS)


async def test_two_spellings_of_the_same_letters_are_the_same_password(hasher: Hasher):
    composed, decomposed = "\u00e4pfel und kiesel 7", "a\u0308pfel und kiesel 7"
    assert await hasher.matches(await hasher.accept(composed, ()), decomposed)


@pytest.mark.parametrize("password", ["", GOOD, "x" * 100_000])
async def test_nobodys_password_matches_nothing(hasher: Hasher, password: str):
    assert not await hasher.matches(None, password)


async def test_a_hash_with_older_parameters_is_renewed_and_one_with_ours_is_not(hasher: Hasher):
    older = "$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0$Q0JbFKQ0nZ4Nn4q7Fk1Y2Q"
    renewed = await hasher.renewed(older, GOOD)
    assert renewed is not None
    assert await hasher.matches(renewed, GOOD)
    assert await hasher.renewed(renewed, GOOD) is None
