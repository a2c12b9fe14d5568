"""A chain of notes: each has a number and a hash over its content and the hash before it.

What may have to be forgotten, an address or a person's words, enters the hash only as a digest with a salt. Once words
and salt are gone nobody can find out what they were, and the chain still holds.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

Note = dict[str, Any]
OUTSIDE: Final = frozenset({"hash", "said", "forgets"})
"""Not in the hash: itself, what may be forgotten, and the mark that a forgetting is to be done."""


class Broken(Exception):
    """The notes are not those that were sealed; the text says where, for a person."""


@dataclass(frozen=True)
class Head:
    """The last of a chain."""

    number: int = 0
    hash: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> "Head":
        """Read it as it is kept; one that cannot be read stands for no note at all."""
        kept = document or {}
        number, hash = kept.get("number"), kept.get("hash")
        return cls(number, hash) if isinstance(number, int) and isinstance(hash, str) else cls()


def forgettable(**texts: str) -> Note:
    """Lay out texts that may have to be forgotten, beside what the chain keeps of them; the empty ones are left out."""
    said = {name: {"text": text, "salt": secrets.token_hex(16)} for name, text in texts.items() if text}
    return {"said": said, "digests": {name: _digest_of(part) for name, part in said.items()}}


def seal(head: Head, note: Note) -> tuple[Head, Note]:
    """Give a note its place after the last one."""
    placed = note | {"number": head.number + 1}
    hash = _hash(head, placed)
    return Head(head.number + 1, hash), placed | {"hash": hash}


def follow(head: Head, note: Note) -> Head:
    """Take the step to the next note as it is kept. Raises `Broken`."""
    number, id = note.get("number"), note.get("_id")
    if number != head.number + 1:
        twice = f"Note {number} ({id}) was added: there is one of this number before it."
        raise Broken(twice if number == head.number else f"Note {head.number + 1} is missing: the next is {number}.")
    if note.get("hash") != _hash(head, note):
        raise Broken(f"Note {number} ({id}) was changed, or one before it: its hash does not fit it and those before.")
    for name, part in _parts(note).items():
        if note["digests"].get(name) != _digest_of(part):
            raise Broken(f"Note {number} ({id}) was changed: its {name} is not what was noted.")
    return Head(number, note["hash"])


def forgotten(note: Note) -> set[str]:
    """Name what was said in a note and is there no more."""
    return set(note.get("digests") or {}) - set(_parts(note))


def compare(reached: Head, kept: Head) -> None:
    """Compare where the notes end with the head that is kept. Raises `Broken`."""
    if reached.number < kept.number:
        raise Broken(f"Note {reached.number + 1} is missing: {kept.number} were sealed.")
    if reached.number > kept.number:
        raise Broken(f"Note {kept.number + 1} was added: {kept.number} were sealed.")
    if reached.hash != kept.hash:
        raise Broken(f"The head is not note {reached.number}: the hashes differ.")


def sealed(notes: Iterable[Note], head: Head = Head()) -> list[Note]:
    """Seal one after the other."""
    done = []
    for note in notes:
        head, one = seal(head, note)
        done.append(one)
    return done


def _parts(note: Note) -> Mapping[str, Any]:
    parts = note.get("said")
    return parts if isinstance(parts, dict) else {}


def _digest_of(part: Any) -> str:
    return hashlib.sha256(_written(part)).hexdigest()


def _hash(head: Head, note: Note) -> str:
    content = {name: value for name, value in note.items() if name not in OUTSIDE}
    return hashlib.sha256(_written({"previous": head.hash, "note": content})).hexdigest()


def _written(content: Any) -> bytes:
    """Write it in one way only, whatever the order it is kept in."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return text.encode(errors="surrogatepass")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)
