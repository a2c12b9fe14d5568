"""Clients: read as they are, and changed through the one door that tells of it."""

from datetime import datetime

from services.chassis.domain import Actor
from services.chassis.store import Repository, Store
from services.identity.domain import client as clients
from services.identity.domain.client import Client, ClientNotFound
from services.identity.store.grants import Grants
from services.identity.store.records import Records


class Clients(Records[Client]):
    def __init__(self, store: Store, grants: Grants) -> None:
        super().__init__(store, "clients", Client)
        self.registered = Repository(store, "clients", Client, ClientNotFound)
        self._grants = grants

    async def delete(self, id: str, *, by: Actor, at: datetime) -> Client:
        """Forget a client, and end all that it was given."""

        async def work() -> Client:
            deleted = await self.registered.change(id, clients.delete, by=by, at=at)
            await self._grants.revoke_client(id, at=at)
            await self.documents.delete({"_id": id})
            return deleted

        return await self.store.transaction(work)
