"""The signing keys: made once, sealed in the store, held in memory, published."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.jwk import ECKey, KeySet, RSAKey

from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.store import Store
from services.chassis.vault import SealBroken, Vault
from services.identity.domain.key import PUBLISHED, Algorithm, KeyState, SigningKey
from services.identity.store.records import Records

HELD: Final = timedelta(minutes=1)
"""How long a replica goes without looking for a rotation; less than the time a next key is published before use."""

Key = RSAKey | ECKey


class WrongKeySecret(RuntimeError):
    """The keys in the store were sealed under another secret."""


@dataclass(frozen=True)
class Ring:
    """All keys, read at one time: those that sign, and what is published."""

    active: Mapping[Algorithm, Key]
    public: KeySet
    read_at: datetime


class Keys(Records[SigningKey]):
    def __init__(self, store: Store, secret: bytes) -> None:
        super().__init__(store, "keys", SigningKey)
        self._vault = Vault(secret)
        self._ring: Ring | None = None
        self._reading = asyncio.Lock()

    async def prepare(self) -> None:
        one_active = IndexModel(
            [("algorithm", 1)], unique=True, partialFilterExpression={"state": KeyState.ACTIVE.value}, name="one_active"
        )
        await self.documents.ensure(one_active)

    async def ring(self, at: datetime) -> Ring:
        """Give the keys, read anew every minute. Raises `WrongKeySecret`."""
        async with self._reading:
            if self._ring is None or abs(at - self._ring.read_at) >= HELD:
                self._ring = await self._read(at)
            return self._ring

    async def _read(self, at: datetime) -> Ring:
        known = await self.find({"state": {"$in": list(PUBLISHED)}})
        missing = set(Algorithm) - {key.algorithm for key in known if key.state is KeyState.ACTIVE}
        if missing:
            await self._make(missing, at)
            return await self._read(at)
        active = {key.algorithm: self._open(key) for key in known if key.state is KeyState.ACTIVE}
        return Ring(active, KeySet.import_key_set({"keys": [key.public for key in known]}), at)

    async def _make(self, missing: set[Algorithm], at: datetime) -> None:
        """Make what is missing; of two replicas that both do, one is first and the other takes its key."""
        await self.prepare()
        for algorithm in missing:
            made = await asyncio.to_thread(_generate, algorithm)
            try:
                await self.add(self._closed(made, algorithm, at))
            except DuplicateKeyError:
                continue

    def _closed(self, key: Key, algorithm: Algorithm, at: datetime) -> SigningKey:
        kid = key.thumbprint()
        public = {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": algorithm.value}
        sealed = self._vault.seal(kid, key.as_pem(private=True))
        return SigningKey(id=kid, algorithm=algorithm, state=KeyState.ACTIVE, public=public, sealed=sealed, made_at=at)

    def _open(self, key: SigningKey) -> Key:
        try:
            pem = self._vault.open(key.id, key.sealed)
        except SealBroken:
            raise WrongKeySecret("IDENTITY_KEY_SECRET is not the one that the stored keys were sealed with.") from None
        return _IMPORT[key.algorithm](pem, {"kid": key.id, "use": "sig", "alg": key.algorithm.value})


def _generate(algorithm: Algorithm) -> Key:
    if algorithm is Algorithm.RS256:
        return RSAKey.generate_key(2048, private=True)
    return ECKey.generate_key("P-256", private=True)


_IMPORT: Final[Mapping[Algorithm, Callable[[bytes, Any], Key]]] = {
    Algorithm.RS256: RSAKey.import_key,
    Algorithm.ES256: ECKey.import_key,
}
