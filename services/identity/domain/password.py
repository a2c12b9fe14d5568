"""What makes a password acceptable."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from services.chassis.domain import RuleBroken

SHORTEST: Final = 12
LONGEST: Final = 256
"""Both in bytes of UTF-8 after normalization."""
WEAKEST_ALLOWED: Final = 2
"""On zxcvbn's scale of 0 to 4: below stands what is found in minutes."""
SCORED: Final = 64
"""Characters that zxcvbn looks at; its work grows faster than the text."""


class PasswordNotGood(RuleBroken):
    """Too short, too long, or too easy to guess."""


def normalize(password: str) -> str:
    """NFC, once, so that the same keys on two keyboards give the same bytes."""
    return unicodedata.normalize("NFC", password)


def has_good_length(password: str) -> bool:
    return SHORTEST <= len(password.encode()) <= LONGEST


def require_length(password: str) -> None:
    if not has_good_length(password):
        raise PasswordNotGood(f"A password has {SHORTEST} to {LONGEST} bytes; this one has {len(password.encode())}.")


def require_strength(score: int) -> None:
    if score < WEAKEST_ALLOWED:
        raise PasswordNotGood(
            "This password is among the first that would be guessed: it is common, or made of your name or address. "
            "Take several unrelated words."
        )


def context(name: str, email: str) -> Iterable[str]:
    """Words that somebody who knows the person would try first."""
    return {"mentorship", email, *email.replace("@", ".").split("."), *name.split()}
