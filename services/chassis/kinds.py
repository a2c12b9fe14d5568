"""What a file is, by its content and never by what its sender says; nothing in it is unpacked or carried out."""

import codecs
import struct
import unicodedata
import zipfile
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import IO, Final

import puremagic
from pydantic import BaseModel, ConfigDict

from contracts.time import Instant
from services.chassis.domain import Refusal


class FileKind(StrEnum):
    """The media types that are told apart here."""

    PDF = "application/pdf"
    DOC = "application/msword"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    TXT = "text/plain"
    MD = "text/markdown"
    PNG = "image/png"
    JPEG = "image/jpeg"


ENDINGS: Final[Mapping[FileKind, tuple[str, ...]]] = {
    FileKind.PDF: (".pdf",),
    FileKind.DOC: (".doc",),
    FileKind.DOCX: (".docx",),
    FileKind.TXT: (".txt",),
    FileKind.MD: (".md", ".markdown"),
    FileKind.PNG: (".png",),
    FileKind.JPEG: (".jpg", ".jpeg"),
}
"""How the names of each end, the usual one first."""
TEXTS: Final = (FileKind.MD, FileKind.TXT)
HEAD: Final = 8192
"""Bytes in which a signature is looked for."""
PIECE: Final = 256 * 1024
"""Bytes read at a time."""
WORD_STREAM: Final = "WordDocument".encode("utf-16-le")
"""The name of the stream that makes a compound file (also the shell of other formats) a DOC."""
DIRECTORY_END: Final = struct.Struct("<4s4H2LH")
"""A ZIP archive's last record: signature, disks, entries, the directory's size and place, comment."""
LARGEST_DIRECTORY: Final = 1024 * 1024
"""Bytes; an archive that lists more than any document does is not even listed."""


class KindRefused(Refusal):
    """The content is none of the kinds that are taken here."""


class File(BaseModel):
    """What is said of a content by whoever refers to it."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    kind: FileKind
    size: int
    """Bytes."""
    at: Instant


def kind_of(content: IO[bytes], name: str, allowed: Collection[FileKind]) -> FileKind:
    """Say what it is. Raises `KindRefused`.

    Text has no signature: it is UTF-8 without control characters, and the ending of its name says which text it is.
    """
    found = _signed(content) or _text(content, name)
    if found is None or found not in allowed:
        endings = ", ".join(sorted(ENDINGS[kind][0] for kind in allowed))
        raise KindRefused(f"By its content {name!r} is none of: {endings}. Text must be UTF-8. Send another file.")
    return found


def named(name: str, kind: FileKind) -> str:
    """Give the name with an ending that fits the content."""
    return name if name.lower().endswith(ENDINGS[kind]) else name + ENDINGS[kind][0]


def _signed(content: IO[bytes]) -> FileKind | None:
    content.seek(0)
    endings = _endings(content.read(HEAD))
    if ".docx" in endings:
        return FileKind.DOCX if _is_word_archive(content) else None
    if ".doc" in endings:
        return FileKind.DOC if _holds(content, WORD_STREAM) else None
    plain = (FileKind.PDF, FileKind.PNG, FileKind.JPEG)
    return next((kind for kind in plain if endings & set(ENDINGS[kind])), None)


def _endings(head: bytes) -> set[str]:
    try:
        return {match.extension for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _is_word_archive(content: IO[bytes]) -> bool:
    """Look at the names in it, never at what is packed; a document with macros is none."""
    if not _is_listable(content):
        return False
    try:
        with zipfile.ZipFile(content) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    macros = any(name.endswith("vbaProject.bin") for name in names)
    return {"[Content_Types].xml", "word/document.xml"} <= names and not macros


def _is_listable(content: IO[bytes]) -> bool:
    """Say whether its directory is small; ZIP64, which could say otherwise elsewhere, is not taken."""
    size = content.seek(0, 2)
    content.seek(max(0, size - DIRECTORY_END.size - 0xFFFF))
    tail = content.read()
    start = tail.rfind(b"PK\x05\x06")
    if start < 0 or len(tail) - start < DIRECTORY_END.size or b"PK\x06\x07" in tail[:start][-20:]:
        return False
    return int(DIRECTORY_END.unpack_from(tail, start)[5]) <= LARGEST_DIRECTORY


def _holds(content: IO[bytes], wanted: bytes) -> bool:
    content.seek(0)
    kept = b""
    while piece := content.read(PIECE):
        if wanted in kept + piece:
            return True
        kept = piece[-len(wanted) :]
    return False


def _text(content: IO[bytes], name: str) -> FileKind | None:
    kind = next((kind for kind in TEXTS if name.lower().endswith(ENDINGS[kind])), None)
    return kind if kind and _is_readable(content) else None


def _is_readable(content: IO[bytes]) -> bool:
    content.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := content.read(PIECE):
            if not _is_printable(decoder.decode(piece)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_printable(text: str) -> bool:
    controls = {character for character in set(text) if unicodedata.category(character) == "Cc"}
    return controls <= {"\n", "\r", "\t", "\f"}
