"""What people let clients do, and the one way to begin a grant that stands on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec

from contracts.ids import AccountId
from services.chassis.domain import Actor, Change
from services.chassis.mongo import IndexModel
from services.chassis.store import Repository, Store, name_of
from services.identity.domain import consent as consents
from services.identity.domain.account import myself
from services.identity.domain.consent import Consent, ConsentNotFound, consent_id
from services.identity.domain.grant import Grant
from services.identity.domain.session import Session
from services.identity.store.grants import Grants
from services.identity.store.sessions import Sessions

P = ParamSpec("P")


class ConsentGone(Exception):
    """It was taken back, or the session ended, since it was looked at."""


class Consents(Repository[Consent]):
    def __init__(self, store: Store, grants: Grants, sessions: Sessions) -> None:
        super().__init__(store, "consents", Consent, ConsentNotFound)
        self._grants, self._sessions = grants, sessions

    async def prepare(self, *indexes: IndexModel) -> None:
        await super().prepare(IndexModel([("account_id", 1)]), *indexes)

    async def of(self, account_id: AccountId, client_id: str) -> Consent:
        found = await self.find_one({"_id": consent_id(account_id, client_id)})
        return found or consents.nothing_yet(account_id, client_id)

    async def allowed_by(self, account_id: AccountId) -> list[Consent]:
        """Give what an account allows now."""
        return await self.find({"account_id": account_id, "scopes": {"$ne": []}})

    async def give(self, account_id: AccountId, client_id: str, scope: str, *, at: datetime) -> Consent:
        by, scopes = myself(account_id), scope.split()
        return await self._save(account_id, client_id, consents.give, scopes=scopes, by=by, at=at)

    async def withdraw(self, account_id: AccountId, client_id: str, *, by: Actor, at: datetime) -> Consent:
        """Take back what a client may, and end all that it was given. Raises `ConsentNotFound`."""

        async def work() -> Consent:
            ended = await self._grants.revoke_of(account_id, client_id, at=at)
            return await self._save(account_id, client_id, consents.withdraw, had_grants=ended > 0, by=by, at=at)

        return await self.store.transaction(work)

    async def stand(self, grant: Grant, session: Session, *, asked: bool, at: datetime) -> None:
        """Note, in the transaction that begins the grant, that session and consent are used; so none can end unseen.

        `asked`: the client needs the person's yes. Raises `ConsentGone`.
        """
        used = {"$set": {"used_at": at}}
        if not await self._sessions.documents.update({"_id": session.id}, used):
            raise ConsentGone
        given = {"_id": consent_id(grant.account_id, grant.client_id), "scopes": {"$all": grant.scope.split()}}
        if asked and not await self.documents.update(given, used):
            raise ConsentGone

    async def _save(
        self,
        account_id: AccountId,
        client_id: str,
        decide: Callable[Concatenate[Consent, P], Change[Consent]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Consent:
        async def work() -> Consent:
            before = await self.of(account_id, client_id)
            if before.version:
                return await self.change(before.id, decide, *args, **kwargs)
            return await self.add(decide(before, *args, **kwargs), action=name_of(decide))

        return await self.store.transaction(work)
