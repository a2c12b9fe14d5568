"""Documents that no event speaks of: stored, found, spent."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from services.chassis.mongo import Collection, Document
from services.chassis.store import Store

R = TypeVar("R", bound=BaseModel)


class Records(Generic[R]):
    """The records of one kind; each call joins the transaction it is made in."""

    def __init__(self, store: Store, name: str, model: type[R]) -> None:
        self.store = store
        self.documents: Collection = store.database[name]
        self._model = model

    async def get(self, id: str) -> R | None:
        return await self.find_one({"_id": id})

    async def find_one(self, where: Mapping[str, Any]) -> R | None:
        document = await self.documents.find_one(where)
        return None if document is None else self.read(document)

    async def find(self, where: Mapping[str, Any]) -> list[R]:
        return [self.read(document) for document in await self.documents.find(where)]

    async def add(self, record: R) -> None:
        await self.documents.insert(self.write(record))

    def write(self, record: R) -> Document:
        document = record.model_dump()
        return {"_id": document.pop("id"), **document}

    def read(self, document: Document) -> R:
        return self._model.model_validate({**document, "id": document["_id"]})
