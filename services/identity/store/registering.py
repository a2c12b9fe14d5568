"""Registrations: asked for, proved by a mailed link, or vouched for by an operator or a provider."""

from datetime import datetime
from typing import Any

from contracts.identity import PlatformRole
from contracts.ids import AccountId
from services.chassis.domain import Actor
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import DuplicateKeyError
from services.chassis.store import Store
from services.identity.domain import account as accounts
from services.identity.domain import person as people
from services.identity.domain import sign_in_link as sign_in_links
from services.identity.domain.account import Account, AddressTaken, LinkNotGood
from services.identity.domain.sign_in_link import ExternalIdentity
from services.identity.store.accounts import VERIFY_EMAIL, Accounts, Links, People, Receipt, new_secret
from services.identity.store.errands import Errands
from services.identity.store.sign_in_links import LinkedSignIns


class Registering:
    def __init__(
        self,
        store: Store,
        repositories: tuple[Accounts, People, Links],
        sign_in_links: LinkedSignIns,
        errands: Errands,
        mail: tuple[PostOffice, Letters],
    ) -> None:
        self._store = store
        self._accounts, self._people, self._links = repositories
        self._sign_in_links, self._errands = sign_in_links, errands
        self._post_office, self._letters = mail
        errands.does |= {"register": self._register, "verify": self._verify_again}

    async def register(
        self,
        id: AccountId,
        *,
        name: str,
        email: str,
        password: str | None,
        terms_accepted: bool,
        identity: ExternalIdentity | None = None,
        at: datetime,
    ) -> Receipt:
        """Begin an account and mail the link that proves the address; to a taken address mail that it is taken."""
        accounts.register(id, name=name, email=email, password=password, terms_accepted=terms_accepted, at=at)
        elsewhere = identity.model_dump() if identity else None
        return await self._errands.mail_later(
            "register", email, at=at, id=id, name=name, password=password, identity=elsewhere
        )

    async def resend_verification(self, email: str, *, at: datetime) -> Receipt:
        return await self._errands.mail_later("verify", email, at=at)

    async def verify_email(self, token: str, *, at: datetime) -> Account:
        """Account and person become real together. Raises `LinkNotGood`, `AddressTaken`."""

        async def work() -> Account:
            id = await self._links.spend(token, VERIFY_EMAIL, at=at)
            return await self._verify(id, accounts.myself(id), at)

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            raise AddressTaken(
                "This address, or the sign-in it came with, belongs to another account by now. Sign in with that one."
            ) from None

    async def create_verified(
        self,
        id: AccountId,
        *,
        name: str,
        email: str,
        password: str | None,
        terms_accepted: bool,
        roles: tuple[PlatformRole, ...] = (),
        identity: ExternalIdentity | None = None,
        by: Actor,
        at: datetime,
    ) -> Account:
        """Make an account that needs no mail: an operator or a provider vouches for it. Raises `AddressTaken`."""
        begun = accounts.register(
            id, name=name, email=email, password=password, terms_accepted=terms_accepted, identity=identity, at=at
        )

        async def work() -> Account:
            await self._accounts.add(begun)
            account = await self._verify(id, by, at)
            for role in roles:
                account = await self._accounts.change(account.id, accounts.grant, role=role, by=by, at=at)
            return account

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            raise AddressTaken(f"There is an account with the address {email}, or this sign-in, already.") from None

    async def _register(
        self,
        *,
        id: AccountId,
        name: str,
        email: str,
        password: str | None,
        identity: dict[str, Any] | None = None,
        at: datetime,
    ) -> None:
        if await self._people.with_address(email) is not None:
            return await self._post_office.post(self._letters.write("address-taken", email))
        elsewhere = ExternalIdentity.model_validate(identity) if identity else None
        change = accounts.register(
            id, name=name, email=email, password=password, terms_accepted=True, identity=elsewhere, at=at
        )
        await self._mail_link(await self._accounts.add(change), at)

    async def _verify_again(self, *, email: str, at: datetime) -> None:
        waiting = await self._accounts.newest_waiting_for(email)
        if waiting is not None and await self._people.with_address(email) is None:
            await self._mail_link(waiting, at)

    async def _verify(self, id: AccountId, by: Actor, at: datetime) -> Account:
        account = await self._accounts.find_one({"_id": id})
        if account is None:
            raise LinkNotGood("This registration is over. Register again.")
        await self._people.add(people.describe(account, by=by, at=at))
        if account.pending and (identity := account.pending.identity):
            await self._sign_in_links.save(id, sign_in_links.add, identity=identity, by=by, at=at)
        return await self._accounts.change(id, accounts.verify, by=by, at=at)

    async def _mail_link(self, account: Account, at: datetime) -> None:
        if account.pending is None:
            return
        token = new_secret()
        await self._links.make(account.id, VERIFY_EMAIL, token, at=at)
        waiting, identity = account.pending, account.pending.identity
        opens = f"{identity.name} at {identity.provider}" if identity else ""
        letter = self._letters.write("verify-email", waiting.email, person=waiting.name, token=token, opens=opens)
        await self._post_office.post(letter)
