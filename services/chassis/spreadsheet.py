"""CSV (RFC 4180) that a spreadsheet may open without harm."""

import csv
import io
from collections.abc import Iterable
from typing import Final

_RECKONED: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, the full-width ones of East Asian editions among them."""


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking what people wrote for a formula."""
    return f"'{text}" if text.startswith(_RECKONED) else text


def row_of(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
