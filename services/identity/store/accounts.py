"""Accounts, the people behind them, their profiles, and the links mailed to them."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Concatenate, Final, Generic, ParamSpec, TypeVar

from pydantic import BaseModel

from contracts.identity import AccountStatus, PlatformRole
from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import Change
from services.chassis.mongo import IndexModel
from services.chassis.store import Repository, Store, name_of
from services.identity.domain.account import Account, AccountNotFound, LinkNotGood, account_id
from services.identity.domain.demographics import Demographics
from services.identity.domain.ending import Ending
from services.identity.domain.erasure import Erasure
from services.identity.domain.key import Rotation
from services.identity.domain.person import Person
from services.identity.domain.portfolio import Portfolio
from services.identity.domain.profile import MenteeProfile, MentorProfile
from services.identity.domain.record import Record, digest
from services.identity.domain.second_factor import SecondFactor
from services.identity.domain.sign_in_link import SignInLinks
from services.identity.store.records import Records

VERIFY_EMAIL: Final = "verify-email"
RESET_PASSWORD: Final = "reset-password"  # noqa: S105 - a purpose
LIFE: Final = {VERIFY_EMAIL: timedelta(hours=24), RESET_PASSWORD: timedelta(minutes=30)}
KEPT: Final = timedelta(days=1)

A = TypeVar(
    "A",
    bound=MenteeProfile
    | MentorProfile
    | Portfolio
    | Demographics
    | SecondFactor
    | SignInLinks
    | Ending
    | Erasure
    | Rotation,
)
P = ParamSpec("P")


class Receipt(BaseModel):
    """What everybody is told, so that nobody learns which addresses are known."""

    detail: str = "A mail is on its way to that address, if there is anything to do."


class Accounts(Repository[Account]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "accounts", Account, AccountNotFound)

    async def prepare(self, *indexes: IndexModel) -> None:
        await super().prepare(IndexModel([("pending.email", 1)], sparse=True), IndexModel([("roles", 1)]), *indexes)

    async def newest_waiting_for(self, email: str) -> Account | None:
        """The latest registration under an address that nobody proved yet."""
        waiting = await self.documents.find({"pending.email": email}, sort=[("_id", -1)], limit=1)
        return self.read(waiting[0]) if waiting else None

    async def has_other_staff(self, id: AccountId) -> bool:
        active_staff = {"roles": PlatformRole.STAFF, "status": AccountStatus.ACTIVE}
        return await self.documents.count({**active_staff, "_id": {"$ne": id}}, limit=1) > 0


class People(Repository[Person]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "people", Person, AccountNotFound)

    async def prepare(self, *indexes: IndexModel) -> None:
        """One proved address belongs to one person."""
        await super().prepare(IndexModel([("emails", 1)], unique=True), *indexes)

    async def with_address(self, email: str) -> Person | None:
        return await self.find_one({"emails": email})


class Owned(Repository[A], Generic[A]):
    """What there is one of at most per account; the first save makes it."""

    async def save(
        self, id: str, decide: Callable[Concatenate[A, P], Change[A]], *args: P.args, **kwargs: P.kwargs
    ) -> A:
        async def work() -> A:
            if await self.find_one({"_id": id}) is None:
                nothing = self._model(id=id)
                self._hold_to_expectation(nothing)
                return await self.add(decide(nothing, *args, **kwargs), action=name_of(decide))
            return await self.change(id, decide, *args, **kwargs)

        return await self.store.transaction(work)


Profiles = tuple[Owned[MenteeProfile], Owned[MentorProfile]]
NOT_GOOD: Final = "This link was used before or has expired. Ask for a new one."


class Link(Record):
    """A mailed link; its id is the hash of the token in it."""

    account_id: AccountId
    purpose: str
    expires_at: Instant
    forget_at: Instant
    used_at: Instant | None = None


class Links(Records[Link]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "links", Link)

    async def prepare(self) -> None:
        await self.documents.ensure(
            IndexModel([("forget_at", 1)], expireAfterSeconds=0), IndexModel([("account_id", 1)])
        )

    async def make(self, account_id: AccountId, purpose: str, token: str, *, at: datetime) -> None:
        ends: dict[str, Any] = {"expires_at": at + LIFE[purpose], "forget_at": at + LIFE[purpose] + KEPT}
        await self.add(Link(id=digest(token), account_id=account_id, purpose=purpose, **ends))

    async def holder(self, token: str, purpose: str, *, at: datetime) -> AccountId:
        """Say whose link it is, and leave it good. Raises `LinkNotGood`."""
        link = await self.find_one(_good(token, purpose, at))
        if link is None:
            raise LinkNotGood(NOT_GOOD)
        return link.account_id

    async def use_up(self, account_id: AccountId, purpose: str, *, at: datetime) -> None:
        """Make all links of this purpose useless."""
        where = {"account_id": account_id, "purpose": purpose, "used_at": None}
        await self.documents.update_many(where, {"$set": {"used_at": at}})

    async def spend(self, token: str, purpose: str, *, at: datetime) -> AccountId:
        """Use the link up and say whose it was. Raises `LinkNotGood`."""
        link = await self.documents.claim(_good(token, purpose, at), {"$set": {"used_at": at}})
        if link is None:
            raise LinkNotGood(NOT_GOOD)
        return account_id(link["account_id"])


def _good(token: str, purpose: str, at: datetime) -> dict[str, Any]:
    return {"_id": digest(token), "purpose": purpose, "used_at": None, "expires_at": {"$gt": at}}


def new_secret() -> str:
    """128 bits that nobody guesses."""
    return secrets.token_hex(16)
