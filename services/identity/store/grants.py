"""Grants with their codes and refresh tokens; each secret is spent by whoever comes first, on any replica."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from services.chassis.mongo import IndexModel
from services.chassis.store import Store
from services.identity.domain import grant as grants
from services.identity.domain.grant import Code, Grant, RefreshToken
from services.identity.domain.record import digest
from services.identity.store.records import Records


class Grants(Records[Grant]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "grants", Grant)
        self.codes = Records(store, "codes", Code)
        self.refresh_tokens = Records(store, "refresh_tokens", RefreshToken)

    async def prepare(self) -> None:
        forgotten = IndexModel([("forget_at", 1)], expireAfterSeconds=0)
        await self.documents.ensure(
            IndexModel([("ends_at", 1)], expireAfterSeconds=3600),
            IndexModel([("account_id", 1)]),
            IndexModel([("sid", 1)]),
        )
        await self.codes.documents.ensure(forgotten)
        await self.refresh_tokens.documents.ensure(forgotten)

    async def begin(self, grant: Grant, code: Code) -> None:
        async def work() -> None:
            await self.add(grant)
            await self.codes.add(code)

        await self.store.transaction(work)

    async def redeem(self, code: Code, grant: Grant, refresh: str | None, *, at: datetime) -> bool:
        """Spend the code and keep the refresh token it gave; False, and the grant is over, if it was spent before."""
        return await self._spend(self.codes, code, grant, refresh, at)

    async def rotate(self, spent: RefreshToken, grant: Grant, refresh: str, *, at: datetime) -> bool:
        """Spend a refresh token for the next; False, and the grant is over, if it was spent before."""
        return await self._spend(self.refresh_tokens, spent, grant, refresh, at)

    async def revoke(self, id: str, *, at: datetime) -> None:
        await self.documents.update({"_id": id, "revoked_at": None}, {"$set": {"revoked_at": at}})

    async def revoke_session(self, sid: str, *, at: datetime) -> None:
        """End all grants that were given in a session."""
        await self.documents.update_many({"sid": sid, "revoked_at": None}, {"$set": {"revoked_at": at}})

    async def revoke_all(self, account_id: str, *, but: str | None, at: datetime) -> None:
        """End all grants of an account, except those of the session that is to go on."""
        theirs = {"account_id": account_id, "revoked_at": None, "sid": {"$ne": but}}
        await self.documents.update_many(theirs, {"$set": {"revoked_at": at}})

    async def _spend(
        self,
        kind: Records[Code] | Records[RefreshToken],
        spent: Code | RefreshToken,
        grant: Grant,
        refresh: str | None,
        at: datetime,
    ) -> bool:
        async def work() -> bool:
            if not await kind.documents.update({"_id": spent.id, "used_at": None}, {"$set": {"used_at": at}}):
                return False
            if not await self.documents.update({"_id": grant.id, "revoked_at": None}, {"$set": {"used_at": at}}):
                return False
            if refresh:
                await self.refresh_tokens.add(grants.refresh_token(digest(refresh), grant, at=at))
            return True

        return await self._or_revoke(work, grant, at)

    async def _or_revoke(self, work: Callable[[], Awaitable[bool]], grant: Grant, at: datetime) -> bool:
        first = await self.store.transaction(work)
        if not first:
            await self.revoke(grant.id, at=at)
        return first
