"""The languages that pages and mails speak: English, and every other that there is a catalog for.

A catalog is gettext's `LANGUAGE.po`, made from `locales/messages.pot`; it is read as it is, nothing is compiled.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from fastapi import Request

OURS: Final = Path(__file__).parent / "locales"
COOKIE: Final = "language"
"""What an application asked for with `ui_locales`; it goes before what the browser prefers."""
MOST_WISHES: Final = 20


@dataclass(frozen=True)
class Language:
    name: str
    """As gettext and Babel write it: `de`, `pt_BR`."""
    catalog: NullTranslations = field(repr=False)

    @property
    def tag(self) -> str:
        """As HTML writes it."""
        return self.name.replace("_", "-")

    @property
    def direction(self) -> str:
        return Locale.parse(self.name).text_direction


ENGLISH: Final = Language("en", NullTranslations())
_spoken: Final[ContextVar[Language]] = ContextVar("language", default=ENGLISH)


class Said(str):
    """English words with values in them, which are told apart so that it can be said in another language."""

    __slots__ = ("pattern", "values")
    pattern: str
    values: Mapping[str, str]


def _(pattern: str, **values: str) -> str:
    """Mark words of a page for translation; `{name}` in them stands for a value."""
    said = Said(pattern.format(**values))
    said.pattern, said.values = pattern, values
    return said


def say(words: str) -> str:
    """Say it in the language that is spoken here, or in English where the catalog does not have it."""
    pattern, values = (words.pattern, words.values) if isinstance(words, Said) else (words, {})
    said = translate(pattern) if pattern else pattern
    return said.format(**values) if values else said


def translate(words: str) -> str:
    return _spoken.get().catalog.gettext(words)


def translate_number(one: str, several: str, number: int) -> str:
    return _spoken.get().catalog.ngettext(one, several, number)


def spoken() -> Language:
    return _spoken.get()


def speak(language: Language) -> None:
    """From here on, in whatever this request causes."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


class Languages:
    """Those there are: ours, and the catalogs of the deployment's own folder, which win."""

    def __init__(self, folder: Path | None = None) -> None:
        folders = (OURS, *([folder] if folder else []))
        found = (_read(file) for place in folders for file in place.glob("*.po"))
        self._known = {"en": ENGLISH} | {language.name.lower(): language for language in found}

    def named(self, name: str) -> Language:
        return self._known.get(name.lower(), ENGLISH)

    def wished(self, tags: str) -> Language | None:
        """Give the first of these that there is; `tags` as in `ui_locales`, with spaces between them."""
        wishes = [tag.replace("-", "_") for tag in tags.split()[:MOST_WISHES]]
        found = negotiate_locale(wishes, list(self._known))
        return self._known[found.lower()] if found else None

    def of(self, request: Request) -> Language:
        asked = self.wished(request.cookies.get(COOKIE, ""))
        return asked or self.wished(preferred(request.headers.get("accept-language", ""))) or ENGLISH


def preferred(accept_language: str) -> str:
    """Give the languages of the header, best first, with spaces between them (RFC 9110, 12.5.4)."""
    ranges = (part.strip().partition(";q=") for part in accept_language.split(",")[:MOST_WISHES])
    weighed = [(_weight(q), tag.strip()) for tag, _, q in ranges if tag.strip() not in {"", "*"}]
    return " ".join(tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight)


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _read(file: Path) -> Language:
    """Raises `ValueError` where the file's name names no language."""
    try:
        Locale.parse(file.stem)
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"{file} is not named for a language: {error}") from None
    with file.open("rb") as text:
        catalog = read_po(text, locale=file.stem)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Language(file.stem, Translations(compiled))
