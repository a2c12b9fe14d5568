"""Further addresses of a person: asked for, proved by a mailed link, preferred, removed."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.problems import TooManyRequests
from services.chassis.store import Store
from services.identity.domain import address as addresses
from services.identity.domain.account import AddressTaken, LinkNotGood, myself
from services.identity.domain.person import Person
from services.identity.domain.record import Record, digest
from services.identity.languages import _, say
from services.identity.store.accounts import NOT_GOOD, RESET_PASSWORD, Links, People, Receipt, new_secret
from services.identity.store.errands import Errands
from services.identity.store.limits import MAIL, Limit, Limits
from services.identity.store.records import Records

LIFE: Final = timedelta(hours=24)
ASKED: Final = Limit("address", 20, timedelta(hours=1))
"""Addresses that one account asks to add."""


class WaitingAddress(Record):
    """An address that somebody says is theirs; there may be one that can never be proved, for it is another's."""

    account_id: AccountId
    email: str
    token: str | None = None
    """The hash of what the newest link to it holds."""
    expires_at: Instant


class Addresses:
    def __init__(
        self,
        store: Store,
        people: People,
        links: Links,
        limits: Limits,
        errands: Errands,
        post_office: PostOffice,
        letters: Letters,
    ) -> None:
        self._store, self._people, self._links, self._limits = store, people, links, limits
        self._errands, self._post_office, self._letters = errands, post_office, letters
        self._waiting = Records(store, "waiting_addresses", WaitingAddress)
        errands.does["address"] = self._mail_link

    async def prepare(self) -> None:
        await self._waiting.documents.ensure(
            IndexModel([("expires_at", 1)], expireAfterSeconds=0),
            IndexModel([("account_id", 1)]),
            IndexModel([("token", 1)]),
        )

    async def waiting(self, id: AccountId, *, at: datetime) -> list[str]:
        """Give the addresses of an account that wait to be proved."""
        found = await self._waiting.find({"account_id": id, "expires_at": {"$gt": at}})
        return sorted(waiting.email for waiting in found)

    async def add(self, id: AccountId, email: str, *, at: datetime) -> Receipt:
        """Mail a link there; whether the address is another's shows neither in the answer nor in its time.

        Raises `TooManyAddresses`, `TooManyRequests`.
        """
        if wait := await self._limits.try_once(ASKED, id, at=at):
            raise TooManyRequests(f"Too many addresses were asked for. Try again in {wait} seconds.", wait=wait)
        may_mail = not await self._limits.try_once(MAIL, email, at=at)

        async def work() -> Receipt:
            person = await self._people.get(id)
            if email in person.emails:
                return Receipt()
            others = set(await self.waiting(id, at=at)) - {email}
            addresses.require_room(len(person.emails) + len(others))
            asked = {"account_id": id, "email": email, "expires_at": at + LIFE}
            await self._waiting.documents.update({"_id": _key(id, email)}, {"$set": asked}, upsert=True)
            if may_mail:
                await self._errands.leave("address", at=at, email=email, id=id)
            return Receipt()

        return await self._store.transaction(work)

    async def verify(self, id: AccountId, token: str, *, at: datetime) -> Person:
        """Take the address that a link was mailed to as proved. Raises `LinkNotGood`, `AddressTaken`."""

        async def work() -> Person:
            email = await self._spend(id, token, at)
            person = await self._people.change(id, addresses.prove, email=email, by=myself(id), at=at)
            await self._tell(person, _("The address {email} was added.", email=email), person.emails[0])
            return person

        return await self._unless_taken(work)

    async def make_primary(self, id: AccountId, email: str, *, at: datetime) -> Person:
        """Raises `AddressNotFound`."""

        async def work() -> Person:
            before = await self._people.get(id)
            after = await self._people.change(id, addresses.make_primary, email=email, by=myself(id), at=at)
            if after.emails[0] != before.emails[0]:
                await self._tell(after, _("From now on your mail goes to {email}.", email=email), before.emails[0])
            return after

        return await self._store.transaction(work)

    async def remove(self, id: AccountId, email: str, *, at: datetime) -> Person:
        """Remove an address, or the wish for it; links to a new password, which went there too perhaps, are no good.

        Raises `AddressNotFound`, `PrimaryAddress`.
        """

        async def work() -> Person:
            if await self._waiting.documents.delete({"_id": _key(id, email)}):
                return await self._people.get(id)
            person = await self._people.change(id, addresses.remove, email=email, by=myself(id), at=at)
            await self._links.use_up(id, RESET_PASSWORD, at=at)
            await self._tell(person, _("The address {email} was removed.", email=email), person.emails[0], email)
            return person

        return await self._store.transaction(work)

    async def _spend(self, id: AccountId, token: str, at: datetime) -> str:
        found = await self._waiting.find_one({"token": digest(token), "account_id": id, "expires_at": {"$gt": at}})
        if found is None:
            raise LinkNotGood(f"{NOT_GOOD} It is good for the account alone that asked for it.")
        await self._waiting.documents.delete({"_id": found.id})
        return found.email

    async def _mail_link(self, *, id: AccountId, email: str, at: datetime) -> None:  # noqa: ARG002 - an errand's form
        """Mail the link, or to an address that somebody proved before that it stays theirs."""
        person, owner = await self._people.get(id), await self._people.with_address(email)
        if owner is not None:
            if owner.id != id:
                await self._post_office.post(self._letters.write("address-yours", email))
            return
        token = new_secret()
        if await self._waiting.documents.update({"_id": _key(id, email)}, {"$set": {"token": digest(token)}}):
            await self._post_office.post(self._letters.write("add-address", email, person=person.name, token=token))

    async def _tell(self, person: Person, what: str, *to: str) -> None:
        for email in to:
            letter = self._letters.write("addresses-changed", email, person=person.name, what=say(what))
            await self._post_office.post(letter)

    async def _unless_taken(self, work: Callable[[], Awaitable[Person]]) -> Person:
        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            raise AddressTaken("This address belongs to another account by now.") from None


def _key(id: AccountId, email: str) -> str:
    return digest(f"{id}\n{email}")
