"""The feed of newly published projects, as Atom (RFC 4287)."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import Response

from contracts.time import written as instant
from services.projects.store.shown import Detail

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
NOT_XML: Final = dict.fromkeys((0xFFFE, 0xFFFF))
"""Characters of which XML has none at all."""
EMPTY: Final = datetime.fromtimestamp(0, UTC)
"""When a feed without an entry was changed last."""


class Atom(Response):
    """A feed, with an ETag that tells whether anything of it has changed."""

    media_type = "application/atom+xml"

    def __init__(self, content: bytes, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        tag = hashlib.sha256(content).hexdigest()[:16]
        super().__init__(content, status_code, {**(headers or {}), "ETag": f'"{tag}"'})


def written(newest: Sequence[Detail], public_url: str) -> bytes:
    """Write the feed; ids are the projects' own, so that they stay when a name or an address changes."""
    place = f"{public_url}/v1/projects"
    feed = Element("feed", xmlns=NAMESPACE)
    _say(feed, "id", f"{place}/feed.atom")
    _say(feed, "title", "Newly published projects")
    _say(feed, "updated", instant(max((_published(detail) for detail in newest), default=EMPTY)))
    SubElement(feed, "link", rel="self", type=Atom.media_type, href=f"{place}/feed.atom")
    author = SubElement(feed, "author")
    _say(author, "name", "Mentorship")
    for detail in newest:
        _add(feed, detail, place)
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _add(feed: Element, detail: Detail, place: str) -> None:
    project = detail.project
    entry = SubElement(feed, "entry")
    _say(entry, "id", f"urn:uuid:{project.id}")
    _say(entry, "title", project.name)
    _say(entry, "published", instant(_published(detail)))
    _say(entry, "updated", instant(_published(detail)))
    SubElement(entry, "link", rel="alternate", type="application/json", href=f"{place}/{project.slug}")
    _say(entry, "summary", project.description)
    for skill in project.skills:
        SubElement(entry, "category", term=skill.translate(NOT_XML))


def _published(detail: Detail) -> datetime:
    return detail.project.published_at or EMPTY


def _say(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text.translate(NOT_XML)
