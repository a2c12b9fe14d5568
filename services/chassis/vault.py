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
    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, owner: str, content: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, content, owner.encode())

    def open(self, owner: str, sealed: bytes) -> bytes:
        """Open what was sealed for this owner. Raises `SealBroken`."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], owner.encode())
        except InvalidTag:
            raise SealBroken("What is sealed cannot be opened.") from None
