"""Grants with their codes and refresh tokens; each secret is spent by whoever comes first, on any replica."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from contracts.ids import AccountId
from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.store import Store
from services.identity.domain import grant as grants
from services.identity.domain.assertion import Assertion
from services.identity.domain.device import Device
from services.identity.domain.grant import Code, Grant, RefreshToken
from services.identity.domain.machine import MachineGrant
from services.identity.domain.record import digest
from services.identity.store.records import Records


class Grants(Records[Grant]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "grants", Grant)
        self.codes = Records(store, "codes", Code)
        self.refresh_tokens = Records(store, "refresh_tokens", RefreshToken)
        self.machines = Records(store, "machine_grants", MachineGrant)
        self.assertions = Records(store, "assertions", Assertion)

    async def prepare(self) -> None:
        forgotten = IndexModel([("forget_at", 1)], expireAfterSeconds=0)
        await self.documents.ensure(
            IndexModel([("ends_at", 1)], expireAfterSeconds=3600),
            IndexModel([("account_id", 1)]),
            IndexModel([("sid", 1)]),
            IndexModel([("client_id", 1)]),
        )
        await self.codes.documents.ensure(forgotten)
        await self.refresh_tokens.documents.ensure(forgotten)
        await self.assertions.documents.ensure(forgotten)
        await self.machines.documents.ensure(
            IndexModel([("ends_at", 1)], expireAfterSeconds=3600), IndexModel([("client_id", 1)])
        )

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
        """End a grant, of a person or of a client by itself."""

        async def work() -> None:
            for kind in (self, self.machines):
                ended = await kind.documents.claim({"_id": id, "revoked_at": None}, {"$set": {"revoked_at": at}})
                if ended:
                    concerns = [ended["account_id"]] if "account_id" in ended else []
                    await self.store.audit.note("revoke", f"clients/{ended['client_id']}", concerns=concerns)

        await self.store.transaction(work)

    async def revoke_client(self, client_id: str, *, at: datetime) -> None:
        """End all that a client was ever given."""
        for kind in (self, self.machines):
            theirs = {"client_id": client_id, "revoked_at": None}
            await kind.documents.update_many(theirs, {"$set": {"revoked_at": at}})

    async def is_first_use(self, assertion: Assertion) -> bool:
        """Note a client's assertion; False where it was shown before, to any replica."""
        try:
            await self.assertions.add(assertion)
        except DuplicateKeyError:
            return False
        return True

    async def revoke_session(self, sid: str, *, at: datetime) -> None:
        """End all grants that were given in a session."""
        await self.documents.update_many({"sid": sid, "revoked_at": None}, {"$set": {"revoked_at": at}})

    async def revoke_all(self, account_id: str, *, but: str | None, at: datetime) -> None:
        """End all grants of an account, except those of the session that is to go on."""
        theirs = {"account_id": account_id, "revoked_at": None, "sid": {"$ne": but}}
        await self.documents.update_many(theirs, {"$set": {"revoked_at": at}})

    async def fetch(
        self, devices: Records[Device], device: Device, grant: Grant, refresh: str | None, *, at: datetime
    ) -> bool:
        """Give a device what was allowed to it; False, and the grant is over, if it was fetched before."""
        return await self._spend(devices, device, grant, refresh, at)

    async def revoke_of(self, account_id: AccountId, client_id: str, *, at: datetime) -> int:
        """End all that an account let a client have; gives how many grants went on until now."""
        theirs = {"account_id": account_id, "client_id": client_id, "revoked_at": None}
        alive = await self.documents.count({**theirs, "ends_at": {"$gt": at}})
        await self.documents.update_many(theirs, {"$set": {"revoked_at": at}})
        return alive

    async def lasting_of(self, account_id: AccountId, *, at: datetime) -> dict[str, datetime]:
        """Name the clients that have access beyond the session, and since when."""
        lasting = {"revoked_at": None, "ends_at": {"$gt": at}, "scope": {"$regex": "offline_access"}}
        by_client = {"_id": "$client_id", "since": {"$min": "$granted_at"}}
        found = await self.documents.aggregate(
            [{"$match": {"account_id": account_id, **lasting}}, {"$group": by_client}]
        )
        return {row["_id"]: row["since"] for row in found}

    async def clients_of(self, sids: Sequence[str]) -> set[tuple[str, str, AccountId]]:
        """Name, by session, the clients that were given something in it, and the account."""
        together = {"sid": "$sid", "client_id": "$client_id", "account_id": "$account_id"}
        found = await self.documents.aggregate(
            [{"$match": {"sid": {"$in": list(sids)}}}, {"$group": {"_id": together}}]
        )
        return {(row["_id"]["sid"], row["_id"]["client_id"], row["_id"]["account_id"]) for row in found}

    async def _spend(
        self,
        kind: Records[Code] | Records[RefreshToken] | Records[Device],
        spent: Code | RefreshToken | Device,
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
