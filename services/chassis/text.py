"""Text that people send: trimmed, NFC, bounded, without control characters."""

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

_ALLOWED: Final = {"\n", "\t"}
_REFUSED: Final = {"Cc", "Cs"}


def tidy(value: object) -> object:
    """Trim and normalize before lengths are looked at; what is not text is left to the type."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").strip()) if isinstance(value, str) else value


def _without_controls(text: str, allowed: set[str]) -> str:
    for character in text:
        if unicodedata.category(character) in _REFUSED and character not in allowed:
            raise ValueError(f"It contains the control character U+{ord(character):04X}.")
    return text


def one_line(text: str) -> str:
    return _without_controls(text, set())


def many_lines(text: str) -> str:
    return _without_controls(text, _ALLOWED)


Line = Annotated[str, BeforeValidator(tidy), Field(min_length=1, max_length=200), AfterValidator(one_line)]
Prose = Annotated[str, BeforeValidator(tidy), Field(min_length=1, max_length=10_000), AfterValidator(many_lines)]
WebAddress = Annotated[
    str, BeforeValidator(tidy), Field(max_length=2000, pattern=r"^https?://[^\s/]+(/\S*)?$"), AfterValidator(one_line)
]
