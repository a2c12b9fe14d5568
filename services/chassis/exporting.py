"""A service's part of what a person is told that the platform holds on them: in pieces that the bus can carry, sealed.

Whoever asks sends a public key with the request and destroys the private one when all is put together. What is left of
the pieces in logs and topics is noise from then on.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from joserfc import jwe
from joserfc.jwk import ECKey
from pydantic_core import to_json

from contracts.exports import PartExported
from contracts.identity import ExportRequested
from services.chassis.domain import system
from services.chassis.store import Store

PIECE: Final = 512 * 1024
"""Bytes before sealing, which makes them four thirds as many: less than an event may have."""
SEAL: Final = ("ECDH-ES", "A256GCM")
CURVE: Final = "P-256"


class _Pieces(jwe.JWERegistry):
    """The library takes 64 KiB and no more unless told otherwise."""

    max_ciphertext_length = 2 * PIECE


async def tell_part(store: Store, kind: type[PartExported], asked: ExportRequested, part: Mapping[str, Any]) -> None:
    """Answer the request, in the transaction that hears it."""
    key, pieces = ECKey.import_key(json.loads(asked.seal_key)), list(cut(to_json(part)))
    for number, piece in enumerate(pieces, start=1):
        told = kind.model_validate(
            {
                "id": asked.id,
                "sequence": number,
                "of": len(pieces),
                "content": seal(piece, key),
                "at": asked.at,
                "by": system(kind.source).id,
            }
        )
        await store.outbox.tell(told, time.time_ns() // 1000 + number)


def cut(content: bytes, size: int = PIECE) -> Iterator[bytes]:
    """Cut it into pieces, of which there is at least one."""
    yield content[:size]
    for start in range(size, len(content), size):
        yield content[start : start + size]


def new_key() -> ECKey:
    return ECKey.generate_key(CURVE)


def seal(piece: bytes, key: ECKey) -> str:
    algorithm, encryption = SEAL
    return jwe.encrypt_compact(
        {"alg": algorithm, "enc": encryption}, piece, key, list(SEAL), _Pieces(algorithms=list(SEAL))
    )


def unseal(content: str, key: ECKey) -> bytes:
    """Open a piece. Raises `JoseError` where it was sealed for another key."""
    return jwe.decrypt_compact(content, key, registry=_Pieces(algorithms=list(SEAL))).plaintext or b""
