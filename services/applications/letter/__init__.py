"""The letter of completion: one page of PDF whose bytes are the same whenever it is asked for."""

import functools
import unicodedata
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from contracts.applications import Attendance
from services.applications.domain.certificate import Certificate

FONT: Final = Path(__file__).parent / "DejaVuSans.ttf"
"""Latin, Greek, Cyrillic, Armenian, Georgian and more; LICENSE-DejaVuSans.txt beside it."""
FAMILY: Final = "DejaVu"
RIGHT_TO_LEFT: Final = {"R", "AL"}
SMALL, NORMAL, LARGE, HUGE = 9, 12, 18, 28
"""Points."""
GREEN: Final = (10, 107, 77)
GRAY: Final = (86, 99, 92)
INK: Final = (27, 36, 32)
ATTENDANCE: Final = {Attendance.FULL_TIME: "full time", Attendance.PART_TIME: "part time"}


def letter_of(certificate: Certificate, *, address: str) -> bytes:
    """Write it; `address` is where anybody can check it."""
    page = _page(certificate)
    _line(page, "LETTER OF COMPLETION", NORMAL, GRAY)
    page.ln(18)
    _line(page, "This is to certify that", NORMAL, INK)
    _line(page, written(certificate.name) or "the graduate who is named at the address below", HUGE, GREEN)
    _line(page, "has completed the mentorship", NORMAL, INK)
    _line(page, written(certificate.project_name) or "named at the address below", LARGE, INK)
    _line(page, _term(certificate), NORMAL, INK)
    page.ln(24)
    _line(page, f"Issued on {certificate.issued_at:%d %B %Y} under the code {certificate.code}", SMALL, GRAY)
    _line(page, f"Check it at {address}", SMALL, GRAY, link=address)
    return bytes(page.output())


def written(text: str) -> str:
    """Give the text if it comes out right, or nothing: the font may lack a sign, or the text run to the left.

    A name drawn wrongly would be worse than one that is read where the letter is checked.
    """
    right = all(ord(sign) in _signs() and unicodedata.bidirectional(sign) not in RIGHT_TO_LEFT for sign in text)
    return text if right else ""


@functools.cache
def _signs() -> AbstractSet[int]:
    shelf = FPDF()
    shelf.add_font(FAMILY, fname=FONT)
    font: Any = shelf.fonts[FAMILY.lower()]
    return frozenset(font.cmap)


def _page(certificate: Certificate) -> FPDF:
    page = FPDF(orientation="landscape", format="A4")
    page.set_creation_date(certificate.issued_at)
    page.set_title(f"Letter of completion {certificate.code}")
    page.set_creator("Mentorship")
    page.set_lang("en")
    page.set_auto_page_break(auto=False)
    page.add_font(FAMILY, fname=FONT)
    page.add_page()
    page.set_draw_color(*GREEN)
    page.set_line_width(0.8)
    page.rect(10, 10, page.w - 20, page.h - 20)
    page.set_y(32)
    return page


def _line(page: FPDF, text: str, size: float, color: tuple[int, int, int], *, link: str = "") -> None:
    """Put a line in the middle, smaller where it would not fit."""
    page.set_font(FAMILY, size=size)
    fits = (page.w - 40) / max(page.get_string_width(text), 1)
    page.set_font(FAMILY, size=min(size, size * fits))
    page.set_text_color(*color)
    page.cell(0, size * 0.75, text, align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT, link=link)


def _term(certificate: Certificate) -> str:
    """Say when and how, in the words of the term where they can be written."""
    term = written(certificate.term_name)
    when = f"{certificate.began_on:%d %B %Y} to {certificate.ended_on:%d %B %Y}, {ATTENDANCE[certificate.attendance]}"
    return f"{term} · {when}" if term else when
