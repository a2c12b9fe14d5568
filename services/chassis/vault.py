"""Seals what must not lie open in the store: AES-256-GCM, bound to whom or what it belongs to."""

import os
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE: Final = 12
"""Bytes, new for every sealing."""


class SealBroken(Exception):
    """It was sealed with another key, or for another owner, or was changed since."""


class Vault:
    """Seals with one key; while keys are rotated it also opens with others.

    It asks for them at every use, the one that seals first, so that they rotate under a running service.
    """

    def __init__(self, keys: Callable[[], Sequence[bytes]]) -> None:
        self._keys = keys

    def seal(self, owner: str, content: bytes) -> bytes:
        return _sealed(self._keys()[0], owner, content)

    def open(self, owner: str, sealed: bytes) -> bytes:
        """Open what was sealed for this owner. Raises `SealBroken`."""
        return _opened(self._keys(), owner, sealed)[1]

    def renew(self, owner: str, sealed: bytes) -> bytes | None:
        """Seal anew what another key sealed; None where the first one did. Raises `SealBroken`."""
        keys = self._keys()
        by, content = _opened(keys, owner, sealed)
        return None if by == keys[0] else _sealed(keys[0], owner, content)


def _sealed(key: bytes, owner: str, content: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, owner.encode())


def _opened(keys: Sequence[bytes], owner: str, sealed: bytes) -> tuple[bytes, bytes]:
    """Give the key that sealed it, and what was sealed."""
    for key in keys:
        if (content := _opened_by(key, owner, sealed)) is not None:
            return key, content
    raise SealBroken("What is sealed cannot be opened.")


def _opened_by(key: bytes, owner: str, sealed: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], owner.encode())
    except (InvalidTag, ValueError):
        return None
