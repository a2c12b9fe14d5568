"""Profiles, what is kept with them, and the cards and directories that are made of what people chose to show."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.identity import Card
from contracts.ids import AccountId
from services.chassis.domain import Actor
from services.chassis.files import Files
from services.chassis.kinds import File
from services.chassis.paging import Page, PageRequest
from services.chassis.pictures import Picture
from services.chassis.store import Store
from services.chassis.vault import Vault
from services.identity.domain import person as people
from services.identity.domain import portfolio as portfolios
from services.identity.domain import profile as domain
from services.identity.domain.person import Person
from services.identity.domain.portfolio import (
    AVATAR_KINDS,
    RESUME_KINDS,
    Avatar,
    AvatarUnknown,
    Portfolio,
    PortfolioNotFound,
    ResumeUnknown,
)
from services.identity.domain.profile import (
    About,
    AboutMentee,
    CardUnknown,
    Kind,
    MenteeProfile,
    MentorProfile,
    Profile,
    ProfileNotFound,
)
from services.identity.store.accounts import Accounts, Owned, People
from services.identity.store.demographics import KeptDemographics
from services.identity.store.directory import Directory


class Profiles:
    def __init__(self, store: Store, accounts: Accounts, people: People, vault: Vault) -> None:
        self._store = store
        self._accounts = accounts
        self._people = people
        self.mentors = Owned(store, "mentor_profiles", MentorProfile, ProfileNotFound)
        self.mentees = Owned(store, "mentee_profiles", MenteeProfile, ProfileNotFound)
        self.portfolios = Owned(store, "portfolios", Portfolio, PortfolioNotFound)
        self.demographics = KeptDemographics(store, vault)
        self.files = Files(store.database)
        self.directories = {kind: Directory(store, kind) for kind in Kind}

    async def prepare(self) -> None:
        for part in (self.mentors, self.mentees, self.portfolios, self.demographics):
            await part.prepare()
        await self.files.prepare()
        for directory in self.directories.values():
            await directory.prepare()

    async def save_mentor(self, id: AccountId, about: About, *, by: Actor, at: datetime) -> MentorProfile:
        async def work() -> MentorProfile:
            saved = await self.mentors.save(id, domain.save_mentor, about, by=by, at=at)
            await self.show(id, by=by, at=at)
            return saved

        return await self._store.transaction(work)

    async def save_mentee(self, id: AccountId, about: AboutMentee, *, by: Actor, at: datetime) -> MenteeProfile:
        async def work() -> MenteeProfile:
            saved = await self.mentees.save(id, domain.save_mentee, about, by=by, at=at)
            await self.show(id, by=by, at=at)
            return saved

        return await self._store.transaction(work)

    async def rename(self, id: AccountId, *, name: str, by: Actor, at: datetime) -> Person:
        async def work() -> Person:
            renamed = await self._people.change(id, people.rename, name=name, by=by, at=at)
            await self._list(renamed, await self._of(id))
            return renamed

        return await self._store.transaction(work)

    async def show(self, id: AccountId, *, by: Actor, at: datetime) -> Person:
        """Bring cards and directories up to what the person chose; of whoever is suspended nothing is shown.

        Belongs in the transaction of whatever changes a profile, the picture or the account's status. The person
        is stored in any case, so that of two such transactions one sees what the other did.
        """
        profiles = await self._of(id)
        cards = await self._cards(id, profiles)
        said: dict[str, Any] = {"mentor_card": cards[Kind.MENTOR], "mentee_card": cards[Kind.MENTEE]}
        zones = (profile.availability.time_zone for profile in profiles.values() if profile)
        said["time_zone"] = next(filter(None, zones), None)
        person = await self._people.change(id, people.show, **said, by=by, at=at)
        await self._list(person, profiles)
        return person

    async def _list(self, person: Person, profiles: Mapping[Kind, Profile | None]) -> None:
        """Let the person be found by what their cards show."""
        for kind, profile in profiles.items():
            card = person.card(kind)
            if card and profile and profile.listed_since:
                await self.directories[kind].add(person.id, person.name, card, since=profile.listed_since)
            else:
                await self.directories[kind].remove(person.id)

    async def _of(self, id: AccountId) -> Mapping[Kind, Profile | None]:
        return {
            Kind.MENTOR: await self.mentors.find_one({"_id": id}),
            Kind.MENTEE: await self.mentees.find_one({"_id": id}),
        }

    async def _cards(self, id: AccountId, profiles: Mapping[Kind, Profile | None]) -> Mapping[Kind, Card | None]:
        account, portfolio = await self._accounts.get(id), await self.portfolio_of(id)
        digest = portfolio.avatar.digest if portfolio.avatar else None
        return {
            kind: profile.card(digest) if profile and account.is_active else None for kind, profile in profiles.items()
        }

    async def page(self, kind: Kind, text: str | None, skills: Sequence[str], request: PageRequest) -> Page[Person]:
        """Give who is listed; who has gone out of sight since the directory was asked is left out."""
        ids, cursor = await self.directories[kind].page(text, skills, request)
        found = {person.id: person for person in await self._people.find({"_id": {"$in": ids}})}
        seen = [found[id] for id in ids if id in found and found[id].card(kind)]
        return Page(items=seen, next_cursor=cursor)

    async def listed(self, kind: Kind, id: str) -> Person:
        """Give one who is listed. Raises `CardUnknown`."""
        person = await self._people.find_one({"_id": id})
        if person is None or person.card(kind) is None:
            raise CardUnknown(f"There is no {kind} {id!r} who wants to be seen here.")
        return person

    async def picture_shown(self, kind: Kind, id: str) -> Picture:
        """Give the picture that a card shows. Raises `CardUnknown`, `AvatarUnknown`."""
        card = (await self.listed(kind, id)).card(kind)
        if card is None or card.avatar is None:
            raise AvatarUnknown(f"The card of the {kind} {id!r} shows no picture.")
        return await self.picture_of(id)

    async def portfolio_of(self, id: str) -> Portfolio:
        return await self.portfolios.find_one({"_id": id}) or Portfolio.model_validate({"id": id})

    async def picture_of(self, id: str) -> Picture:
        """Raises `AvatarUnknown`."""
        avatar = (await self.portfolio_of(id)).avatar
        if avatar is None:
            raise AvatarUnknown("There is no picture of you. Send one with PUT.")
        content = b"".join([piece async for piece in self.files.pieces(avatar.file)])
        return Picture.model_validate({"media_type": avatar.file.kind, "content": content})

    async def resume_of(self, id: str) -> File:
        """Raises `ResumeUnknown`."""
        resume = (await self.portfolio_of(id)).resume
        if resume is None:
            raise ResumeUnknown("There is no résumé of yours. Send one with PUT.")
        return resume

    async def keep_avatar(self, id: AccountId, picture: Picture | None, *, by: Actor, at: datetime) -> Portfolio:
        """Keep a picture, written anew, in place of the one before, on the cards too; None takes it back."""
        avatar = await self._received(picture, by, at) if picture else None

        async def work() -> Portfolio:
            before = await self.portfolio_of(id)
            kept = await self.portfolios.save(id, portfolios.keep_avatar, avatar)
            await self._exchange(before, kept, at)
            await self.show(id, by=by, at=at)
            return kept

        return await self._store.transaction(work)

    async def keep_resume(
        self, id: AccountId, stream: AsyncIterator[bytes] | None, name: str, *, by: Actor, at: datetime
    ) -> Portfolio:
        """Keep a résumé in place of the one before; None takes it back. Raises `KindRefused`, `FileEmpty`."""
        resume = await self.files.receive(stream, name, RESUME_KINDS, by=by, at=at) if stream else None

        async def work() -> Portfolio:
            before = await self.portfolio_of(id)
            kept = await self.portfolios.save(id, portfolios.keep_resume, resume)
            await self._exchange(before, kept, at)
            return kept

        return await self._store.transaction(work)

    async def _received(self, picture: Picture, by: Actor, at: datetime) -> Avatar:
        file = await self.files.receive(_whole(picture.content), "avatar", AVATAR_KINDS, by=by, at=at)
        return Avatar(file=file, digest=picture.digest)

    async def _exchange(self, before: Portfolio, after: Portfolio, at: datetime) -> None:
        """Hold the files that are new, and let go those that are no more."""
        for file in after.files:
            if file not in before.files:
                await self.files.hold(file, at=at)
        for file in before.files:
            if file not in after.files:
                await self.files.let_go(file, at=at)

    async def exported(self, id: AccountId) -> dict[str, Any]:
        """Give all that a person told here, demographics included: for themself alone."""
        kept = {
            "mentor_profile": await self.mentors.find_one({"_id": id}),
            "mentee_profile": await self.mentees.find_one({"_id": id}),
            "portfolio": await self.portfolios.find_one({"_id": id}),
            "demographics": await self.demographics.find_one({"_id": id}),
        }
        return {name: told.model_dump(mode="json", exclude={"pos"}) for name, told in kept.items() if told}

    async def erase(self, id: AccountId, *, at: datetime) -> None:
        """Forget all that a person told here; belongs in the transaction of their erasure."""
        for file in (await self.portfolio_of(id)).files:
            await self.files.let_go(file, at=at)
        for part in (self.mentors, self.mentees, self.portfolios, self.demographics):
            await part.documents.delete({"_id": id})
        for directory in self.directories.values():
            await directory.remove(id)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
