"""People on their way to a provider, and those who came back from one and have no account here yet."""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import RuleBroken
from services.chassis.mongo import IndexModel
from services.chassis.store import Store
from services.chassis.vault import SealBroken, Vault
from services.identity.domain.record import Record, digest
from services.identity.domain.sign_in_link import ExternalIdentity
from services.identity.relying.going import Going
from services.identity.store.accounts import new_secret
from services.identity.store.records import Records

AWAY: Final = timedelta(minutes=10)
"""So long somebody may take at the provider."""
WAITING: Final = timedelta(minutes=30)
"""So long somebody who came back may take to tell the rest, or to prove the account they have."""


class NotOnTheWay(RuleBroken):
    """Nobody is on the way under this state: it was used, is too old, or began in another browser."""


class PendingSignIn(Record):
    """Somebody who is at a provider; its id is the hash of the state."""

    provider: str
    browser: str
    """The hash of a secret in the cookie of the browser that began."""
    sealed: Annotated[bytes, Field(repr=False)]
    """Nonce and code verifier."""
    rest: str | None
    """What the sign-in is for, as the browser carries it."""
    account_id: AccountId | None
    """Whose account the identity is to be linked to; None for a sign-in."""
    expires_at: Instant


class Arrival(Record):
    """Somebody who proved at a provider who they are there; its id is the hash of a secret in their cookie."""

    identity: ExternalIdentity
    name: str
    email: str | None
    email_proved: bool
    rest: str | None
    at: Instant
    expires_at: Instant


class Travelers:
    def __init__(self, store: Store, vault: Vault) -> None:
        self._vault = vault
        self._pending = Records(store, "pending_sign_ins", PendingSignIn)
        self._arrived = Records(store, "arrivals", Arrival)

    async def prepare(self) -> None:
        for records in (self._pending, self._arrived):
            await records.documents.ensure(IndexModel([("expires_at", 1)], expireAfterSeconds=0))

    async def set_out(
        self,
        provider: str,
        going: Going,
        *,
        browser: str,
        rest: str | None,
        account_id: AccountId | None,
        at: datetime,
    ) -> None:
        sealed = self._vault.seal(_owner(going.state), json.dumps([going.nonce, going.verifier]).encode())
        pending = PendingSignIn(
            id=digest(going.state),
            provider=provider,
            browser=digest(browser),
            sealed=sealed,
            rest=rest,
            account_id=account_id,
            expires_at=at + AWAY,
        )
        await self._pending.add(pending)

    async def come_back(
        self, provider: str, state: str, callback: str, *, browser: str, at: datetime
    ) -> tuple[PendingSignIn, Going]:
        """Take somebody as back, once, from the provider they went to, in the browser they began in.

        Raises `NotOnTheWay`.
        """
        where = {"_id": digest(state), "provider": provider, "browser": digest(browser), "expires_at": {"$gt": at}}
        pending = await self._pending.find_one(where)
        if pending is not None and await self._pending.documents.delete({"_id": pending.id}):
            with suppress(SealBroken):  # where the key was rotated meanwhile
                nonce, verifier = json.loads(self._vault.open(_owner(state), pending.sealed))
                return pending, Going(state, nonce, verifier, callback)
        raise NotOnTheWay("This sign-in was used before, took too long, or began in another browser. Begin again.")

    async def arrive(
        self,
        identity: ExternalIdentity,
        *,
        name: str,
        email: str | None,
        email_proved: bool,
        rest: str | None,
        at: datetime,
    ) -> str:
        """Keep who came back; gives the secret for the browser's cookie."""
        secret = new_secret()
        arrival = Arrival(
            id=digest(secret),
            identity=identity,
            name=name,
            email=email,
            email_proved=email_proved,
            rest=rest,
            at=at,
            expires_at=at + WAITING,
        )
        await self._arrived.add(arrival)
        return secret

    async def arrived(self, secret: str | None, *, at: datetime) -> Arrival | None:
        return await self._arrived.find_one({"_id": digest(secret or ""), "expires_at": {"$gt": at}})

    async def settle(self, arrival: Arrival) -> None:
        """Forget somebody who has an account by now."""
        await self._arrived.documents.delete({"_id": arrival.id})


def _owner(state: str) -> str:
    return f"sign-in/{state}"
