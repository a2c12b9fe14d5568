"""Seals what must not lie open in the store: AES-256-GCM, bound to whom or what it belongs to."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE: Final = 12
"""Bytes, new for every sealing."""


class SealBroken(Exception):
    """It was sealed with another key, or for another owner, or was changed since."""


class Vault:
    """Seals with one key; while keys are rotated it also opens with others."""

    def __init__(self, key: bytes, *others: bytes) -> None:
        self._cipher = AESGCM(key)
        self._others = tuple(AESGCM(other) for other in others)

    def seal(self, owner: str, content: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, content, owner.encode())

    def open(self, owner: str, sealed: bytes) -> bytes:
        """Open what was sealed for this owner. Raises `SealBroken`."""
        for cipher in (self._cipher, *self._others):
            if (content := _opened(cipher, owner, sealed)) is not None:
                return content
        raise SealBroken("What is sealed cannot be opened.")

    def renew(self, owner: str, sealed: bytes) -> bytes | None:
        """Seal anew what another key sealed; None where this key did. Raises `SealBroken`."""
        if _opened(self._cipher, owner, sealed) is not None:
            return None
        return self.seal(owner, self.open(owner, sealed))


def _opened(cipher: AESGCM, owner: str, sealed: bytes) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], owner.encode())
    except (InvalidTag, ValueError):
        return None
