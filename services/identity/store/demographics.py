"""Demographics, sealed: who gets hold of the store alone cannot read them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from contracts.ids import AccountId
from services.chassis.mongo import Document
from services.chassis.seals import Seal
from services.chassis.store import Store
from services.chassis.vault import Vault
from services.identity.domain import demographics as domain
from services.identity.domain.demographics import Category, Demographics, DemographicsNotFound
from services.identity.store.accounts import Owned


class KeptDemographics(Owned[Demographics]):
    def __init__(self, store: Store, vault: Vault) -> None:
        super().__init__(store, "demographics", Demographics, DemographicsNotFound)
        self._vault = vault

    @property
    def seals(self) -> list[Seal]:
        return [Seal(self.documents, "given", lambda row: _owner(row["_id"]))]

    async def of(self, id: AccountId) -> Demographics:
        return await self.find_one({"_id": id}) or Demographics(id=id)

    async def tell(
        self, id: AccountId, category: Category, *, answers: tuple[str, ...], consent: bool, at: datetime
    ) -> Demographics:
        """Raises `ConsentMissing`, `AnswerUnknown`."""
        return await self.save(id, domain.tell, category=category, answers=answers, consent=consent, at=at)

    async def tell_all(
        self, id: AccountId, answers: Mapping[Category, tuple[str, ...]], consent: Collection[Category], *, at: datetime
    ) -> Demographics:
        """Raises `ConsentMissing`, `AnswerUnknown`."""
        return await self.save(id, domain.tell_all, answers=answers, consent=consent, at=at)

    async def take_back(self, id: AccountId, category: Category) -> Demographics:
        return await self.save(id, domain.take_back, category=category)

    def write(self, state: Demographics) -> Document:
        told = state.model_dump_json(include={"id", "given"}).encode()
        counted = super().write(state)
        return {**counted, "given": self._vault.seal(_owner(state.id), told)}

    def read(self, document: Document) -> Demographics:
        told = Demographics.model_validate_json(self._vault.open(_owner(document["_id"]), document["given"]))
        return super().read({**document, "given": told.given})


def _owner(id: str) -> str:
    return f"demographics/{id}"
