"""What people linked to their accounts to sign in with."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from contracts.ids import AccountId
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.store import Store
from services.identity.domain import sign_in_link as links
from services.identity.domain.account import myself
from services.identity.domain.sign_in_link import ExternalIdentity, IdentityTaken, LinkNotFound, SignInLinks
from services.identity.languages import _, say
from services.identity.store.accounts import Accounts, Owned, People
from services.identity.store.providers import Providers


class LinkedSignIns(Owned[SignInLinks]):
    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        people: People,
        providers: Providers,
        post_office: PostOffice,
        letters: Letters,
    ) -> None:
        super().__init__(store, "sign_in_links", SignInLinks, LinkNotFound)
        self._accounts, self._people, self._providers = accounts, people, providers
        self._post_office, self._letters = post_office, letters

    async def prepare(self, *indexes: IndexModel) -> None:
        """One identity opens one account."""
        keys = [("identities.issuer", 1), ("identities.subject", 1)]
        await super().prepare(IndexModel(keys, unique=True, sparse=True), *indexes)

    async def of(self, id: AccountId) -> SignInLinks:
        return await self.find_one({"_id": id}) or SignInLinks(id=id)

    async def opening(self, issuer: str, subject: str) -> AccountId | None:
        """Say whose account an identity opens."""
        found = await self.find_one({"identities": {"$elemMatch": {"issuer": issuer, "subject": subject}}})
        return found.id if found else None

    async def link(self, id: AccountId, identity: ExternalIdentity, *, at: datetime) -> SignInLinks:
        """Raises `IdentityTaken`, `LinkThere`."""

        async def work() -> SignInLinks:
            before = await self.of(id)
            linked = await self.save(id, links.add, identity=identity, by=myself(id), at=at)
            if linked.providers != before.providers:
                who = {"name": identity.name, "provider": identity.provider}
                await self._tell(id, _("Who signs in as {name} at {provider} opens it from now on.", **who))
            return linked

        return await self._unless_taken(work)

    async def unlink(self, id: AccountId, provider: str, *, at: datetime) -> SignInLinks:
        """Raises `LinkNotFound`, `LastWayIn`."""

        async def work() -> SignInLinks:
            account = await self._accounts.get(id)
            ways = frozenset(provider.id for provider in await self._providers.enabled())
            has_password = account.password is not None
            left = await self.save(
                id, links.remove, provider=provider, ways=ways, has_password=has_password, by=myself(id), at=at
            )
            await self._tell(id, _("A sign-in at {provider} opens it no more.", provider=provider))
            return left

        return await self.store.transaction(work)

    async def _tell(self, id: AccountId, what: str) -> None:
        person = await self._people.get(id)
        letter = self._letters.write("links-changed", person.emails[0], person=person.name, what=say(what))
        await self._post_office.post(letter)

    async def _unless_taken(self, work: Callable[[], Awaitable[SignInLinks]]) -> SignInLinks:
        try:
            return await self.store.transaction(work)
        except DuplicateKeyError:
            raise IdentityTaken(
                "It opens another account already. Sign in with it, and unlink it there first."
            ) from None
