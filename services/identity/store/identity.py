"""The whole of identity's store, and what moves several things of it at once."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from contracts.applications import ApplicationEvent
from contracts.identity import PlatformRole
from contracts.ids import AccountId
from contracts.projects import ProjectEvent
from contracts.stipends import StipendEvent
from services.chassis.audit import Outcome
from services.chassis.domain import Actor, NotAllowed, system
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import DuplicateKeyError, IndexModel
from services.chassis.seals import Renewed, renew
from services.chassis.store import Projection, Store
from services.chassis.vault import Vault
from services.identity.domain import account as accounts
from services.identity.domain import ending as endings
from services.identity.domain.account import Account
from services.identity.domain.client import web_client
from services.identity.domain.ending import Ending, EndingNotFound
from services.identity.domain.erasure import Mentorship, Project, Stipend, Ties
from services.identity.domain.grant import Grant
from services.identity.domain.session import Proof, Session, SessionNotFound
from services.identity.hashing import Hasher
from services.identity.languages import Languages, translate
from services.identity.settings import Settings
from services.identity.store.accounts import (
    RESET_PASSWORD,
    Accounts,
    Links,
    Owned,
    People,
    Receipt,
    new_secret,
)
from services.identity.store.addresses import Addresses
from services.identity.store.clients import Clients
from services.identity.store.consents import Consents
from services.identity.store.devices import Devices
from services.identity.store.erasing import Erasing
from services.identity.store.errands import Errands
from services.identity.store.exporting import Exporting
from services.identity.store.farewells import Farewells
from services.identity.store.grants import Grants
from services.identity.store.keys import Keys
from services.identity.store.limits import Limits
from services.identity.store.profiles import Profiles
from services.identity.store.providers import Providers
from services.identity.store.registering import Registering
from services.identity.store.second_factors import SecondFactors
from services.identity.store.sessions import Sessions
from services.identity.store.sign_in_links import LinkedSignIns
from services.identity.store.travelers import Travelers

T = TypeVar("T")

MAILS: Final = Path(__file__).parent.parent / "mails"


class Identity:
    def __init__(self, store: Store, settings: Settings, hasher: Hasher) -> None:
        self.store = store
        self.hasher = hasher
        self.accounts = Accounts(store)
        self.people = People(store)
        self.vault = Vault(lambda: settings.latest().sealing_keys)
        self.profiles = Profiles(store, self.accounts, self.people, self.vault)
        self.second_factors = SecondFactors(store, self.vault)
        self.endings = Owned(store, "ended_sessions", Ending, EndingNotFound)
        self.languages = Languages(settings.locales)
        self.limits = Limits(store)
        self.errands = Errands(store, self.languages, self.limits)
        self.links = Links(store)
        self.sessions = Sessions(store)
        self.grants = Grants(store)
        self.clients = Clients(store, self.grants)
        self.consents = Consents(store, self.grants, self.sessions)
        self.devices = Devices(store)
        self.farewells = Farewells(store, self.grants, self.clients)
        self.keys = Keys(store, self.vault)
        self.post_office = PostOffice(store, settings)
        self._letters = Letters(MAILS, translate, public_url=settings.public_url)
        self.addresses = Addresses(
            store, self.people, self.links, self.limits, self.errands, self.post_office, self._letters
        )
        self.providers = Providers(store, self.vault)
        self.sign_in_links = LinkedSignIns(
            store, self.accounts, self.people, self.providers, self.post_office, self._letters
        )
        self.registering = Registering(
            store,
            (self.accounts, self.people, self.links),
            self.sign_in_links,
            self.errands,
            (self.post_office, self._letters),
        )
        self.travelers = Travelers(store, self.vault)
        self._locks = store.database["locks"]
        self._web = web_client(settings.public_url)
        self.mentorships = Projection(store, "mentorships", Mentorship, remembers=ApplicationEvent)
        self.stipends = Projection(store, "stipends", Stipend, remembers=StipendEvent)
        self.projects = Projection(store, "projects", Project, remembers=ProjectEvent)
        self.exporting = Exporting(store, self.vault, self.people, self.profiles, self.post_office, self._letters)
        self.erasing = Erasing(
            store,
            (self.accounts, self.people, self.profiles),
            self.exporting,
            (self.post_office, self._letters),
            self._ties,
            self.end_all,
            settings.erasure_wait,
        )
        self.errands.does["forgotten"] = self._forgotten

    async def prepare(self) -> None:
        changing = (self.accounts, self.people, self.second_factors, self.endings, self.consents)
        for part in (*changing, self.providers, self.sign_in_links, self.travelers, self.profiles):
            await part.prepare()
        found = (self.links, self.sessions, self.grants, self.keys, self.limits, self.post_office, self.addresses)
        for records in (*found, self.devices, self.farewells):
            await records.prepare()
        await self.exporting.prepare()
        await self.erasing.prepare()
        await self.mentorships.prepare(IndexModel([("mentee_id", 1)]))
        await self.stipends.prepare(IndexModel([("mentee_id", 1)]))
        await self.projects.prepare(IndexModel([("administrators", 1)]))
        await self.errands.documents.ensure(IndexModel([("at", 1)]))
        await self.clients.documents.ensure(IndexModel([("name", 1)]))
        await self._locks.ensure(IndexModel([("at", 1)]))
        await self._know_our_own_client()

    async def _know_our_own_client(self) -> None:
        document = self.clients.write(self._web)
        try:
            await self.clients.documents.replace({"_id": document.pop("_id")}, document, upsert=True)
        except DuplicateKeyError:
            return  # another replica wrote the same at the same time

    async def forgot_password(self, email: str, *, at: datetime) -> Receipt:
        return await self.errands.mail_later("forgotten", email, at=at)

    async def reset_password(self, token: str, password: str, *, at: datetime) -> Account:
        """Take a new password, hashed, and end all that was signed in under the old. Raises `LinkNotGood`."""

        async def work() -> Account:
            id = await self.links.spend(token, RESET_PASSWORD, at=at)
            return await self.change_password(id, password, but=None, at=at)

        return await self.store.transaction(work)

    async def change_password(self, id: AccountId, password: str, *, but: str | None, at: datetime) -> Account:
        """Take a new password, hashed; of what was signed in under the old, only the session `but` goes on."""

        async def work() -> Account:
            by, person = accounts.myself(id), await self.people.get(id)
            changed = await self.accounts.change(id, accounts.change_password, password=password)
            await self.links.use_up(id, RESET_PASSWORD, at=at)
            await self.end_all(id, but=but, by=by, at=at)
            await self.post_office.post(self._letters.write("password-changed", person.emails[0], person=person.name))
            return changed

        return await self.store.transaction(work)

    async def end_all(self, id: AccountId, *, but: str | None, by: Actor, at: datetime) -> None:
        """End every session, grant and access token of an account, except the session `but` and what came of it."""

        async def work() -> None:
            await self.farewells.leave(await self.sessions.all_of(id, but=but), at=at)
            await self.sessions.end_all(id, but=but)
            await self.grants.revoke_all(id, but=but, at=at)
            await self.endings.save(id, endings.end, by=by, at=at)

        await self.store.transaction(work)

    async def _forgotten(self, *, email: str, at: datetime) -> None:
        person = await self.people.with_address(email)
        if person is None:
            return
        token = new_secret()
        await self.links.make(person.id, RESET_PASSWORD, token, at=at)
        await self.post_office.post(self._letters.write("reset-password", email, person=person.name, token=token))

    async def change_role(
        self, id: AccountId, role: PlatformRole, *, granted: bool, by: Actor, at: datetime
    ) -> Account:
        """One change of roles at a time, so that two staff members cannot remove each other."""

        async def work() -> Account:
            await self._locks.update({"_id": "roles"}, {"$set": {"at": at}, "$inc": {"turns": 1}}, upsert=True)
            await self.require_staff(by)
            if granted:
                return await self.accounts.change(id, accounts.grant, role=role, by=by, at=at)
            others = await self.accounts.has_other_staff(id)
            return await self.accounts.change(id, accounts.withdraw, role=role, other_staff=others, by=by, at=at)

        return await self.store.transaction(work)

    async def suspend(self, id: AccountId, *, reason: str, by: Actor, at: datetime) -> Account:
        """Close an account and end all that is signed in to it; in turn with changes of roles."""

        async def work() -> Account:
            await self._locks.update({"_id": "roles"}, {"$set": {"at": at}, "$inc": {"turns": 1}}, upsert=True)
            await self.require_staff(by)
            others = await self.accounts.has_other_staff(id)
            closed = await self.accounts.change(id, accounts.suspend, reason=reason, other_staff=others, by=by, at=at)
            await self.end_all(id, but=None, by=by, at=at)
            await self.profiles.show(id, by=by, at=at)
            return closed

        return await self.store.transaction(work)

    async def unsuspend(self, id: AccountId, *, by: Actor, at: datetime) -> Account:
        async def work() -> Account:
            await self.require_staff(by)
            opened = await self.accounts.change(id, accounts.unsuspend, by=by, at=at)
            await self.profiles.show(id, by=by, at=at)
            return opened

        return await self.store.transaction(work)

    async def end_session(self, id: AccountId, sid: str, *, at: datetime) -> Session:
        """End one session of an account and what clients were given in it. Raises `SessionNotFound`."""

        async def work() -> Session:
            session = await self.sessions.find_one({"account_id": id, "sid": sid})
            if session is None:
                raise SessionNotFound("There is no such session of yours.")
            await self.sessions.documents.delete({"_id": session.id})
            await self._note("end_session", id)
            await self.farewells.leave([session], at=at)
            await self.grants.revoke_session(sid, at=at)
            return session

        return await self.store.transaction(work)

    async def sign_in(self, id: AccountId, *, proofs: Iterable[Proof], instead_of: str | None, at: datetime) -> str:
        """Sign a browser in and give the secret for its cookie; somebody else who was signed in there is out."""
        kept = tuple(proofs)

        async def work() -> str:
            before = await self.sessions.with_secret(instead_of)
            if before and before.account_id != id:
                await self.farewells.leave([before], at=at)
            return await self.sessions.begin(id, proofs=kept, instead_of=instead_of, at=at)

        return await self.store.transaction(work)

    async def sign_out(self, secret: str | None, *, at: datetime) -> None:
        """End a browser's session; clients that were promised access beyond it keep it (OpenID back-channel, 2.7)."""

        async def work() -> None:
            session = await self.sessions.with_secret(secret)
            if session:
                await self.sessions.end(secret)
                await self._note("sign_out", session.account_id)
                await self.farewells.leave([session], at=at)

        await self.store.transaction(work)

    async def note_in_vain(self, action: str, id: AccountId | None, why: str) -> None:
        """Note that somebody did not prove who they are; of an unknown account too, so that it takes the same time."""
        concerns = [id] if id else []
        subject = f"accounts/{id or 'unknown'}"
        await self.store.audit.note(action, subject, concerns=concerns, outcome=Outcome.REFUSED, reason=why)

    async def _note(self, action: str, id: AccountId) -> None:
        await self.store.audit.note(action, f"accounts/{id}", concerns=[id], by=id)

    async def begin_grant(
        self, grant: Grant, session: Session, *, asked: bool, keep: Callable[[], Awaitable[None]], at: datetime
    ) -> None:
        """Begin a grant with what `keep` stores of it, unless session or consent have ended. Raises `ConsentGone`."""

        async def work() -> None:
            await self.consents.stand(grant, session, asked=asked, at=at)
            await keep()
            id, client = grant.account_id, f"clients/{grant.client_id}"
            await self.store.audit.note("begin_grant", client, concerns=[id], by=id, reason=grant.scope)

        await self.store.transaction(work)

    async def renew_seals(self) -> Renewed:
        """Seal anew, beside the running service, whatever another key sealed; not what ends within the hour anyhow."""
        sealing = (self.keys, self.second_factors, self.providers, self.profiles.demographics, self.exporting)
        return await renew(self.vault, [seal for part in sealing for seal in part.seals])

    async def as_staff(self, by: Actor, work: Callable[[], Awaitable[T]]) -> T:
        """Do something that is for staff alone. Raises `NotAllowed`."""

        async def checked() -> T:
            await self.require_staff(by)
            return await work()

        return await self.store.transaction(checked)

    async def _ties(self, id: AccountId) -> Ties:
        """Say what a person is bound by, as far as the others have told."""
        own = {"mentee_id": id}
        return Ties(
            mentorships=await self.mentorships.find(own),
            stipends=await self.stipends.find(own),
            projects=await self.projects.find({"administrators": id}),
        )

    async def require_staff(self, by: Actor) -> None:
        """A token may be older than the role it names. Who works at the command line has the store anyhow."""
        if by == system("identity"):
            return
        asking = await self.accounts.find_one({"_id": by.id})
        if asking is None or not asking.is_active or PlatformRole.STAFF not in asking.roles:
            raise NotAllowed("This is for staff.")
