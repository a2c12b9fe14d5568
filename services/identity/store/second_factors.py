"""Second factors: their secrets sealed, their codes taken once."""

import os
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import Actor
from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.seals import Seal
from services.chassis.store import Store
from services.chassis.vault import Vault
from services.identity import codes, passkeys
from services.identity.domain import second_factor as factors
from services.identity.domain.account import account_id, myself
from services.identity.domain.record import Record, digest
from services.identity.domain.second_factor import (
    Passkey,
    PasskeyNotGood,
    SecondFactor,
    SecondFactorNotFound,
    SecondFactorThere,
)
from services.identity.domain.session import Method, Proof
from services.identity.passkeys import Site
from services.identity.store.accounts import Owned
from services.identity.store.records import Records

ALONE: Final = "alone"
"""The purpose of a challenge to a passkey that signs in by itself."""
CHALLENGE_LIFE: Final = timedelta(minutes=5)


class Challenge(Record):
    """What an authenticator is to sign; its id is the hash of it."""

    purpose: str
    browser: str
    """The hash of a secret in the cookie of the browser that asked."""
    expires_at: Instant


class Challenges(Records[Challenge]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "challenges", Challenge)

    async def prepare(self) -> None:
        await self.documents.ensure(IndexModel([("expires_at", 1)], expireAfterSeconds=0))

    async def make(self, purpose: str, browser: str, at: datetime) -> bytes:
        challenge = os.urandom(32)
        made = Challenge(
            id=digest(challenge.hex()), purpose=purpose, browser=digest(browser), expires_at=at + CHALLENGE_LIFE
        )
        await self.add(made)
        return challenge

    async def spend(self, credential: str, purpose: str, browser: str, at: datetime) -> bytes:
        """Use up the challenge that an answer is to, whatever becomes of the answer. Raises `PasskeyNotGood`."""
        challenge = passkeys.challenge_in(credential)
        good = {"purpose": purpose, "browser": digest(browser), "expires_at": {"$gt": at}}
        if not await self.documents.delete({"_id": digest(challenge.hex()), **good}):
            raise PasskeyNotGood("This answer came too late, or for the second time. Try again.")
        return challenge


class SecondFactors(Owned[SecondFactor]):
    def __init__(self, store: Store, vault: Vault) -> None:
        super().__init__(store, "second_factors", SecondFactor, SecondFactorNotFound)
        self._vault = vault
        self._challenges = Challenges(store)

    @property
    def seals(self) -> list[Seal]:
        """An offered secret becomes the app's as it is sealed."""
        return [Seal(self.documents, field, lambda row: _owner(row["_id"])) for field in ("offered", "app.sealed")]

    async def of(self, id: AccountId) -> SecondFactor:
        return await self.find_one({"_id": id}) or SecondFactor(id=id)

    async def offer_app(self, id: AccountId, secret: bytes, *, proved: bool) -> SecondFactor:
        return await self.save(id, factors.offer_app, sealed=self._vault.seal(_owner(id), secret), proved=proved)

    async def offered(self, id: AccountId) -> bytes | None:
        """Give the secret that waits for its first code."""
        factor = await self.of(id)
        return self._vault.open(_owner(id), factor.offered) if factor.offered else None

    async def confirm_app(
        self, id: AccountId, code: str, recovery_codes: tuple[str, ...], *, by: Actor, at: datetime
    ) -> SecondFactor:
        """Begin to demand codes. Raises `CodeNotGood`, `SecondFactorNotFound`."""
        hashed = tuple(digest(factors.plain(code)) for code in recovery_codes)

        async def work() -> SecondFactor:
            secret = await self.offered(id)
            step = codes.step_of(secret, code, at) if secret else None
            return await self.save(id, factors.confirm_app, step=step, recovery=hashed, by=by, at=at)

        return await self.store.transaction(work)

    async def prepare(self, *indexes: IndexModel) -> None:
        await super().prepare(IndexModel([("passkeys.id", 1)], unique=True, sparse=True), *indexes)
        await self._challenges.prepare()

    async def challenge(self, purpose: str, browser: str, *, at: datetime) -> bytes:
        """Make a challenge for one answer, of this browser, to this purpose."""
        return await self._challenges.make(purpose, browser, at)

    async def add_passkey(
        self, id: AccountId, site: Site, credential: str, recovery_codes: tuple[str, ...], *, browser: str, at: datetime
    ) -> SecondFactor:
        """Raises `PasskeyNotGood`, `SecondFactorThere`."""
        challenge = await self._challenges.spend(credential, f"add/{id}", browser, at)
        made = passkeys.register(site, challenge, credential)
        name = f"Passkey of {at:%Y-%m-%d %H:%M}"
        passkey = Passkey(id=made.id, name=name, public_key=made.public_key, count=made.count, added_at=at)
        hashed = tuple(digest(factors.plain(code)) for code in recovery_codes)
        try:
            return await self.save(id, factors.add_passkey, passkey=passkey, recovery=hashed, by=myself(id), at=at)
        except DuplicateKeyError:
            raise SecondFactorThere("This passkey is set up already.") from None

    async def with_passkey(self, credential: str) -> SecondFactor:
        """Find whose passkey an answer is of. Raises `PasskeyNotGood`."""
        factor = await self.find_one({"passkeys.id": passkeys.id_in(credential)})
        return factor or SecondFactor(id=account_id(""))

    async def prove_passkey(
        self, factor: SecondFactor, site: Site, credential: str, *, purpose: str, browser: str, at: datetime
    ) -> Proof:
        """Take what a passkey answered, once. Raises `PasskeyNotGood`."""
        challenge = await self._challenges.spend(credential, purpose, browser, at)
        passkey = factor.passkey(passkeys.id_in(credential))
        proved = passkeys.check(site, challenge, credential, passkey, alone=purpose == ALONE)
        await self.save(factor.id, factors.use_passkey, passkey_id=passkey.id, count=proved.count)
        return Proof(method=Method.PASSKEY, at=at, verified=proved.verified)

    async def prove(self, id: AccountId, code: str, *, at: datetime) -> Proof:
        """Take a code of the app or a recovery code, each once. Raises `CodeNotGood`."""

        async def work() -> Proof:
            app = (await self.of(id)).app
            if app and len(factors.plain(code)) <= codes.DIGITS:
                step = codes.step_of(self._vault.open(_owner(id), app.sealed), code, at)
                await self.save(id, factors.use_code, step=step)
            else:
                await self.save(id, factors.use_recovery_code, code=code)
            return Proof(method=Method.CODE, at=at)

        return await self.store.transaction(work)


def _owner(id: AccountId) -> str:
    return f"app/{id}"
