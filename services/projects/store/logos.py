"""The logos of projects, each beside its project and changed with it."""

from contracts.ids import ProjectId
from services.chassis.mongo import Collection, Database
from services.chassis.pictures import Picture


class Logos:
    def __init__(self, database: Database) -> None:
        self._documents: Collection = database["logos"]

    async def of(self, id: ProjectId) -> Picture | None:
        document = await self._documents.find_one({"_id": id})
        return None if document is None else Picture.model_validate(document)

    async def put(self, id: ProjectId, logo: Picture) -> None:
        """Keep it in place of the one before."""
        await self._documents.replace({"_id": id}, logo.model_dump(), upsert=True)

    async def remove(self, id: ProjectId) -> None:
        await self._documents.delete({"_id": id})
