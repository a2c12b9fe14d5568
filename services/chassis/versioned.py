"""Texts that people agree to: a file a version, each with the instant from which it counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from contracts.time import Instant


class VersionedText(BaseModel):
    """One version, in Markdown."""

    model_config = ConfigDict(frozen=True)

    version: str
    effective_from: Instant
    text: str


def texts_in(folder: Path) -> tuple[VersionedText, ...]:
    """Read every Markdown file, whose name is the version."""
    return texts_of({place.stem: place.read_text("utf-8") for place in folder.glob("*.md")})


def texts_of(texts: Mapping[str, str]) -> tuple[VersionedText, ...]:
    """Read texts by version, oldest first. Raises `ValueError` where it is not clear which one is in force."""
    read = [_read(version, text) for version, text in texts.items()]
    if not read or len({text.effective_from for text in read}) < len(read):
        raise ValueError("There must be at least one version, each effective from an instant of its own.")
    return tuple(sorted(read, key=lambda text: text.effective_from))


def in_force(versions: Sequence[VersionedText], at: datetime) -> VersionedText:
    """Give the newest that counts at this instant; before all of them the first, so that nobody goes without."""
    first, *later = versions
    return [first, *(text for text in later if text.effective_from <= at)][-1]


def _read(version: str, text: str) -> VersionedText:
    """Part the text from its head, which is a line `effective_from: …` between two lines of `---`."""
    opening, head, body = text.split("---\n", 2)
    name, _, instant = head.strip().partition(": ")
    if opening or name != "effective_from":
        raise ValueError(f"The version {version!r} does not begin by saying effective_from.")
    return VersionedText.model_validate({"version": version, "effective_from": instant, "text": body.strip() + "\n"})
