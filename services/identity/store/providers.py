"""Sign-in providers, their secrets sealed."""

from datetime import datetime
from typing import Any

from contracts.identity import SignInProviderKind
from services.chassis.domain import Actor
from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.seals import Seal
from services.chassis.store import Repository, Store
from services.chassis.vault import Vault
from services.identity.domain import provider as providers
from services.identity.domain.provider import Provider, ProviderNotFound, ProviderThere


class Providers(Repository[Provider]):
    def __init__(self, store: Store, vault: Vault) -> None:
        super().__init__(store, "providers", Provider, ProviderNotFound)
        self._vault = vault

    @property
    def seals(self) -> list[Seal]:
        return [Seal(self.documents, "sealed", lambda row: _owner(row["_id"]))]

    async def prepare(self, *indexes: IndexModel) -> None:
        await super().prepare(IndexModel([("enabled", 1), ("label", 1)]), *indexes)

    async def take(
        self, id: str, *, kind: SignInProviderKind, client_id: str, secret: str, by: Actor, at: datetime, **told: Any
    ) -> Provider:
        """Begin to take a provider's word. Raises `ProviderNotRight`, `ProviderThere`."""
        sealed = self._sealed(id, secret)
        added = providers.add(id, kind=kind, client_id=client_id, sealed=sealed, by=by, at=at, **told)
        try:
            return await self.add(added)
        except DuplicateKeyError:
            raise ProviderThere(
                f"There is a provider {id!r} already. Disable that one, or take another name."
            ) from None

    async def replace_secret(self, id: str, secret: str, *, by: Actor, at: datetime) -> Provider:
        return await self.change(id, providers.replace_secret, sealed=self._sealed(id, secret), by=by, at=at)

    async def enabled(self) -> list[Provider]:
        return await self.find({"enabled": True}, sort="label")

    async def enabled_one(self, id: str) -> Provider:
        """Raises `ProviderNotFound`."""
        found = await self.find_one({"_id": id, "enabled": True})
        if found is None:
            raise ProviderNotFound(f"Nobody signs in here by {id[:50]!r}.")
        return found

    def secret_of(self, provider: Provider) -> str:
        return self._vault.open(_owner(provider.id), provider.sealed).decode()

    def _sealed(self, id: str, secret: str) -> bytes:
        return self._vault.seal(_owner(id), secret.encode())


def _owner(id: str) -> str:
    return f"provider/{id}"
