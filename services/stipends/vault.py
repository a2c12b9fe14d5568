"""Seals what only the payment provider may read: AES-256-GCM, bound to the account it belongs to."""

import json
import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.ids import AccountId

NONCE: Final = 12
"""Bytes, new for every sealing."""


class SealBroken(Exception):
    """It was sealed with another key, or for somebody else, or was changed since."""


class Vault:
    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, owner: AccountId, content: Mapping[str, str]) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, json.dumps(dict(content)).encode(), owner.encode())

    def open(self, owner: AccountId, sealed: bytes) -> Mapping[str, str]:
        """Open what was sealed for this owner. Raises `SealBroken`."""
        try:
            content: dict[str, str] = json.loads(self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], owner.encode()))
        except InvalidTag:
            raise SealBroken("What is sealed cannot be opened.") from None
        return content
