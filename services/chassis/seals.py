"""Seals anew what a store keeps sealed, while a key is rotated beside the running service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.chassis.mongo import Collection, Document
from services.chassis.vault import SealBroken, Vault


@dataclass(frozen=True)
class Seal:
    """Where something sealed is kept, and whose it is."""

    documents: Collection
    field: str
    """With dots where it lies deeper."""
    owner: Callable[[Document], str]

    async def exchange(self, id: str, before: bytes, after: bytes) -> int:
        """Put another seal there, unless the service put one there meanwhile; says how often."""
        return await self.documents.update({"_id": id, self.field: before}, {"$set": {self.field: after}})


@dataclass
class Renewed:
    """What a renewal came to."""

    count: int = 0
    broken: list[str] = field(default_factory=list)
    """What no key opens, by collection, id and field; it is left as it is."""


async def renew(vault: Vault, seals: Sequence[Seal]) -> Renewed:
    """Seal anew whatever another key sealed, until a whole pass finds nothing: the service may copy a seal meanwhile.

    What the service copies from one place to another must come in `seals` in that order.
    """
    renewed, found = Renewed(), True
    while found:
        renewed.broken.clear()
        found = any([await _renew(vault, seal, renewed) for seal in seals])
    return renewed


async def _renew(vault: Vault, seal: Seal, renewed: Renewed) -> bool:
    """Pass through one place; says whether there was anything to seal anew."""
    found = False
    async for row in seal.documents.each({seal.field: {"$type": "binData", "$ne": b""}}):
        before = _at(row, seal.field)
        try:
            after = vault.renew(seal.owner(row), before)
        except SealBroken:
            renewed.broken.append(f"{seal.documents.name} {row['_id']} {seal.field}")
            continue
        if after is not None:
            found = True
            renewed.count += await seal.exchange(row["_id"], before, after)
    return found


def _at(row: Any, field: str) -> bytes:
    for name in field.split("."):
        row = row[name]
    return bytes(row)
