"""Farewells on their way to clients: left in the transaction that ends the session, told afterwards."""

from collections.abc import Sequence
from datetime import datetime

from uuid6 import uuid7

from services.chassis.mongo import IndexModel
from services.chassis.store import Store
from services.identity.domain.client import Client
from services.identity.domain.farewell import Farewell
from services.identity.domain.session import Session
from services.identity.store.grants import Grants
from services.identity.store.records import Records


class Farewells(Records[Farewell]):
    def __init__(self, store: Store, grants: Grants, clients: Records[Client]) -> None:
        super().__init__(store, "farewells", Farewell)
        self._grants, self._clients = grants, clients

    async def prepare(self) -> None:
        await self.documents.ensure(IndexModel([("due_at", 1)]), IndexModel([("account_id", 1)]))

    async def leave(self, sessions: Sequence[Session], *, at: datetime) -> None:
        """Have every client told that was given something in these sessions and wants to know."""
        known = await self._grants.clients_of([session.sid for session in sessions])
        for sid, client_id, account_id in sorted(known):
            client = await self._clients.get(client_id)
            if client and client.backchannel_logout_uri:
                told = {"client_id": client_id, "account_id": account_id, "sid": sid, "told_at": at, "due_at": at}
                await self.add(Farewell(id=str(uuid7()), **told))

    async def due(self, *, at: datetime, most: int) -> list[Farewell]:
        found = await self.documents.find({"due_at": {"$lte": at}}, sort=[("due_at", 1)], limit=most)
        return [self.read(document) for document in found]

    async def close(self, farewell: Farewell) -> None:
        await self.documents.delete({"_id": farewell.id})

    async def postpone(self, farewell: Farewell, until: datetime) -> None:
        await self.documents.update({"_id": farewell.id}, {"$set": {"due_at": until}, "$inc": {"attempts": 1}})
