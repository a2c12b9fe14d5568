"""Browsers that are signed in."""

from collections.abc import Iterable
from datetime import datetime

from uuid6 import uuid7

from contracts.ids import AccountId
from services.chassis.mongo import IndexModel
from services.chassis.store import Store
from services.identity.domain import session
from services.identity.domain.record import digest
from services.identity.domain.session import Proof, Session
from services.identity.store.accounts import new_secret
from services.identity.store.records import Records


class Sessions(Records[Session]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "sessions", Session)

    async def prepare(self) -> None:
        await self.documents.ensure(
            IndexModel([("ends_at", 1)], expireAfterSeconds=0),
            IndexModel([("account_id", 1)]),
            IndexModel([("sid", 1)]),
        )

    async def begin(
        self, account_id: AccountId, *, proofs: Iterable[Proof], instead_of: str | None, at: datetime
    ) -> str:
        """Sign a browser in and give the secret for its cookie; the one it had before is good no more.

        Where the same person proves themself again, what clients were given in the session stays.
        """
        secret = new_secret()

        async def work() -> None:
            before = await self.get(digest(instead_of)) if instead_of else None
            same = before is not None and before.account_id == account_id and before.is_alive(at)
            sid = before.sid if before and same else str(uuid7())
            await self.end(instead_of)
            begun = session.begin(digest(secret), sid=sid, account_id=account_id, proofs=proofs, at=at)
            await self.add(begun)
            ways, about = ", ".join(begun.amr), f"accounts/{account_id}"
            await self.store.audit.note("sign_in", about, concerns=[account_id], by=account_id, reason=ways)

        await self.store.transaction(work)
        return secret

    async def alive(self, secret: str | None, *, at: datetime) -> Session | None:
        """Give the session of a cookie, and note that it is in use."""
        found = await self.get(digest(secret)) if secret else None
        if found is None or not found.is_alive(at):
            return None
        if found.is_due_for_notice(at):
            await self.documents.update({"_id": found.id}, {"$max": {"seen_at": at}})
        return found

    async def with_secret(self, secret: str | None) -> Session | None:
        """Give the session of a cookie, going on or not."""
        return await self.get(digest(secret)) if secret else None

    async def all_of(self, account_id: AccountId, *, but: str | None) -> list[Session]:
        return await self.find({"account_id": account_id, "sid": {"$ne": but}})

    async def has(self, sid: str, *, at: datetime) -> bool:
        """Say whether the session that a token names goes on."""
        found = await self.find_one({"sid": sid})
        return found is not None and found.is_alive(at)

    async def of(self, account_id: AccountId, *, at: datetime) -> list[Session]:
        """Give the sessions of an account that go on, the newest first."""
        found = await self.documents.find({"account_id": account_id}, sort=[("signed_in_at", -1)], limit=100)
        return [session for session in map(self.read, found) if session.is_alive(at)]

    async def end_all(self, account_id: AccountId, *, but: str | None) -> None:
        """End all sessions of an account, except the one named."""
        await self.documents.delete({"account_id": account_id, "sid": {"$ne": but}})

    async def end(self, secret: str | None) -> None:
        if secret:
            await self.documents.delete({"_id": digest(secret)})
