"""Second factors: their secrets sealed, their codes taken once."""

from datetime import datetime

from contracts.ids import AccountId
from services.chassis.domain import Actor
from services.chassis.store import Store
from services.chassis.vault import Vault
from services.identity import codes
from services.identity.domain import second_factor as factors
from services.identity.domain.record import digest
from services.identity.domain.second_factor import SecondFactor, SecondFactorNotFound
from services.identity.domain.session import Method, Proof
from services.identity.store.accounts import Owned


class SecondFactors(Owned[SecondFactor]):
    def __init__(self, store: Store, vault: Vault) -> None:
        super().__init__(store, "second_factors", SecondFactor, SecondFactorNotFound)
        self._vault = vault

    async def of(self, id: AccountId) -> SecondFactor:
        return await self.find_one({"_id": id}) or SecondFactor(id=id)

    async def offer_app(self, id: AccountId, secret: bytes) -> SecondFactor:
        return await self.save(id, factors.offer_app, sealed=self._vault.seal(_owner(id), secret))

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
