"""Every text of identity's pages and mails, for translators.

`python -m tests.architecture.texts > services/identity/locales/messages.pot` writes them down.

In templates what is marked; in Python what stands in `_(...)`, and the sentences of refusals, which a page shows too.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from services import identity
from services.chassis.domain import Refusal

ROOT: Final = Path(identity.__file__).parent
POT: Final = ROOT / "locales" / "messages.pot"
METHODS: Final = [("**.py", "python"), ("pages/templates/**.html", "jinja2"), ("mails/**.txt", "jinja2")]
MARKS: Final = ("_", "gettext", "ngettext", "NotReadable")


def catalog() -> str:
    """Write down every text, and where it stands: the file alone, for a line changes without the text."""
    texts = Catalog(project="Mentorship", charset="utf-8")
    keywords = {mark: (1, 2) if mark == "ngettext" else None for mark in (*MARKS, *refusals())}
    for file, _, said, comments, _ in sorted(
        extract_from_dir(ROOT, METHODS, keywords=keywords), key=lambda row: row[0]
    ):
        texts.add(said, locations=[(file, 0)], auto_comments=comments)
    written = BytesIO()
    write_po(written, texts, omit_header=True, include_lineno=False, sort_output=True, width=120)
    return written.getvalue().decode()


def refusals() -> Iterator[str]:
    """Name every refusal of identity's."""
    for module in pkgutil.walk_packages(identity.__path__, f"{identity.__name__}."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and issubclass(thing, Refusal):
                yield thing.__name__


if __name__ == "__main__":
    sys.stdout.write(catalog())
