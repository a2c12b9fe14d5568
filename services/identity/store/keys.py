"""The signing keys: made in time, sealed in the store, held in memory, published, retired."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.jwk import ECKey, KeySet, RSAKey

from services.chassis.domain import Actor, system
from services.chassis.metrics import tell
from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.paging import Page
from services.chassis.seals import Seal
from services.chassis.store import Store
from services.chassis.vault import SealBroken, Vault
from services.identity import metrics
from services.identity.domain import key as key_decisions
from services.identity.domain.key import (
    KNOWN_AFTER,
    PUBLISHED,
    Algorithm,
    KeyState,
    Rotation,
    RotationInHand,
    RotationNotFound,
    SigningKey,
    are_due,
)
from services.identity.store.accounts import Owned
from services.identity.store.records import Records

HELD: Final = timedelta(minutes=1)
"""How long a replica goes without looking for a rotation; less than the time a next key is published before use."""

PROVIDER: Final = "provider"
"""Whose keys they are: there is one provider."""

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
    def __init__(self, store: Store, vault: Vault) -> None:
        super().__init__(store, "keys", SigningKey)
        self._vault = vault
        self._ring: Ring | None = None
        self._reading = asyncio.Lock()
        self.rotations = Owned(store, "key_rotations", Rotation, RotationNotFound)

    @property
    def seals(self) -> list[Seal]:
        return [Seal(self.documents, "sealed", lambda row: str(row["_id"]))]

    async def prepare(self) -> None:
        one_active = IndexModel(
            [("algorithm", 1)], unique=True, partialFilterExpression={"state": KeyState.ACTIVE.value}, name="one_active"
        )
        one_next = IndexModel(
            [("algorithm", 1)], unique=True, partialFilterExpression={"state": KeyState.NEXT.value}, name="one_next"
        )
        await self.documents.ensure(one_active, one_next)
        await self.rotations.prepare()

    async def ring(self, at: datetime) -> Ring:
        """Give the keys, read anew every minute. Raises `WrongKeySecret`."""
        async with self._reading:
            if self._ring is None or abs(at - self._ring.read_at) >= HELD:
                self._ring = await self._read(at)
            return self._ring

    async def _read_anew(self) -> None:
        """Hold the keys of before no longer, nor those that are being read right now."""
        async with self._reading:
            self._ring = None

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
                await self.add(self._closed(made, algorithm, KeyState.ACTIVE, at))
            except DuplicateKeyError:
                continue

    async def all(self) -> Page[SigningKey]:
        return Page(items=await self.find({}), next_cursor=None)

    async def rotate(self, *, at_once: bool, by: Actor, at: datetime) -> Page[SigningKey]:
        """Make the next keys, or at once those that sign, instead of all others; gives all. Raises `RotationInHand`.

        At once, another replica signs with the old ones for as long as it holds them.
        """
        state = KeyState.ACTIVE if at_once else KeyState.NEXT
        made = [self._closed(await asyncio.to_thread(_generate, kind), kind, state, at) for kind in Algorithm]

        async def work() -> Page[SigningKey]:
            if at_once:
                await self.documents.delete({})
            elif await self.documents.count({"state": KeyState.NEXT.value}, limit=1):
                raise RotationInHand("New keys are published already, and sign 10 minutes after they were made.")
            for key in made:
                await self.add(key)
            await self.rotations.save(PROVIDER, key_decisions.rotate, at_once=at_once, by=by, at=at)
            return await self.all()

        rotated = await self.store.transaction(work)
        await self._read_anew()
        return rotated

    async def turn(self, at: datetime) -> None:
        """Make next keys when it is time, let them sign when they are known, and forget the retired."""
        known = await self.find({})
        for key in known:
            if key.is_due(at):
                await self._promote(key, at)
        if are_due(known, at):
            await self.rotate(at_once=False, by=system("identity"), at=at)
        await self.documents.delete({"state": KeyState.RETIRED.value, "retired_at": {"$lt": at - KNOWN_AFTER}})
        signing = {key.algorithm: key.in_use_for(at) for key in known if key.state is KeyState.ACTIVE}
        tell(metrics.KEY_AGE, {algorithm: age.total_seconds() for algorithm, age in signing.items()})

    async def _promote(self, key: SigningKey, at: datetime) -> None:
        """Let a next key sign, and retire the one that did; safe to repeat."""
        before = {"algorithm": key.algorithm.value, "state": KeyState.ACTIVE.value}

        async def work() -> None:
            if await self.documents.count({"_id": key.id, "state": KeyState.NEXT.value}):
                await self.documents.update(before, {"$set": {"state": KeyState.RETIRED.value, "retired_at": at}})
                signs = {"state": KeyState.ACTIVE.value, "activated_at": at}
                await self.documents.update({"_id": key.id}, {"$set": signs})

        await self.store.transaction(work)
        await self._read_anew()

    def _closed(self, key: Key, algorithm: Algorithm, state: KeyState, at: datetime) -> SigningKey:
        kid = key.thumbprint()
        public = {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": algorithm.value}
        sealed = self._vault.seal(kid, key.as_pem(private=True))
        return SigningKey(id=kid, algorithm=algorithm, state=state, public=public, sealed=sealed, made_at=at)

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
