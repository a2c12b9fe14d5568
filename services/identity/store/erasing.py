"""Erasures: asked for, taken back, put off, carried out. What identity holds goes at once; the others hear of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId
from services.chassis.domain import Conflict, NotInThisState, system
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import IndexModel
from services.chassis.store import Store
from services.identity.domain import account as accounts
from services.identity.domain import erasure as erasures
from services.identity.domain import person as people
from services.identity.domain import profile as profiles
from services.identity.domain.account import myself
from services.identity.domain.erasure import Erasure, ErasureUnknown, Ties
from services.identity.domain.person import Person
from services.identity.store import holdings
from services.identity.store.accounts import Accounts, Owned, People
from services.identity.store.exporting import Exporting
from services.identity.store.profiles import Profiles

BY_ITSELF: Final = system("identity")


class Erasures(Owned[Erasure]):
    async def prepare(self, *_: IndexModel) -> None:
        due = IndexModel([("due_at", 1)], partialFilterExpression={"due_at": {"$type": "date"}})
        await super().prepare(due)


class Erasing:
    def __init__(
        self,
        store: Store,
        repositories: tuple[Accounts, People, Profiles],
        exporting: Exporting,
        mail: tuple[PostOffice, Letters],
        ties: Callable[[AccountId], Awaitable[Ties]],
        end_all: Callable[..., Awaitable[None]],
        wait: timedelta,
    ) -> None:
        self._store = store
        self._accounts, self._people, self._profiles = repositories
        self._exporting = exporting
        self._post_office, self._letters = mail
        self._ties, self._end_all, self._wait = ties, end_all, wait
        self.erasures = Erasures(store, "erasures", Erasure, ErasureUnknown)

    async def prepare(self) -> None:
        await self.erasures.prepare()

    async def of(self, id: AccountId) -> Erasure:
        """Raises `ErasureUnknown` where the person did not ask, or changed their mind."""
        found = await self.pending(id)
        if found is None:
            raise ErasureUnknown("You have not asked to be erased.")
        return found

    async def pending(self, id: AccountId) -> Erasure | None:
        found = await self.erasures.find_one({"_id": id})
        return found if found and found.is_asked else None

    async def ask(self, id: AccountId, *, at: datetime) -> Erasure:
        """Begin to wait. Raises `MentorshipRunning`, `PaymentUnderWay`, `LastAdministrator`, `LastStaffMember`."""

        async def work() -> Erasure:
            before = await self.pending(id)
            if before:
                return before
            await self._must_not_be_last_staff(id)
            asked = await self.erasures.save(
                id, erasures.ask, await self._ties(id), wait=self._wait, by=myself(id), at=at
            )
            await self._write_about(asked, "erasure-asked")
            return asked

        return await self._store.transaction(work)

    async def keep(self, id: AccountId, *, at: datetime) -> Erasure:
        """Stay after all. Raises `NotInThisState`, `ErasureUnknown`."""

        async def work() -> Erasure:
            kept = await self.erasures.change(id, erasures.keep, by=myself(id), at=at)
            await self._write_about(kept, "erasure-withdrawn")
            return kept

        return await self._store.transaction(work)

    async def carry_out_due(self, at: datetime) -> bool:
        """Erase whoever is due for longest, or put it off; says whether there was somebody."""
        due = await self.erasures.find({"due_at": {"$type": "date", "$lte": at}}, sort="due_at", limit=1)
        for erasure in due:
            try:
                await self._store.transaction(lambda due=erasure: self._erase(due.id, at))  # type: ignore[misc]
            except NotInThisState:
                continue  # they changed their mind at this very moment, or another replica was faster
            except Conflict as reason:
                await self._postpone(erasure.id, str(reason), at)
        return bool(due)

    async def _postpone(self, id: AccountId, reason: str, at: datetime) -> None:
        async def work() -> None:
            later = await self.erasures.change(id, erasures.postpone, by=BY_ITSELF, at=at)
            if later.postponed == 1:
                await self._write_about(later, "erasure-postponed", reason=reason)

        await self._store.transaction(work)

    async def _erase(self, id: AccountId, at: datetime) -> None:
        """Leave nothing of the person here but that there was one, and tell the others; all or nothing."""
        in_turn = {"$set": {"at": at}, "$inc": {"turns": 1}}  # so that two who are staff do not both leave
        await self._store.database["locks"].update({"_id": "roles"}, in_turn, upsert=True)
        done = await self.erasures.change(id, erasures.carry_out, by=BY_ITSELF, at=at)
        (await self._ties(id)).must_not_hold(id)
        person, staff = await self._people.get(id), await self._accounts.has_other_staff(id)
        await self._accounts.change(id, accounts.erase, other_staff=staff, by=BY_ITSELF, at=at)
        await self._end_all(id, but=None, by=BY_ITSELF, at=at)
        await self._exporting.end_all_of(id, at=at)
        await self._forget_person(person, at)
        await self._forget_profiles(id, at)
        await self._store.answers.forget(id, person.name, *person.emails)
        await holdings.forget(self._store.database, id)
        await self._store.audit.forget(id)
        farewell = self._letters.write("erasure-done", person.emails[0], on=f"{done.done_at:%Y-%m-%d}")
        await self._post_office.post(farewell)

    async def _forget_person(self, person: Person, at: datetime) -> None:
        told = people.erase(person, by=BY_ITSELF, at=at)
        await self._people.change(person.id, people.erase, by=BY_ITSELF, at=at)
        if told.event:
            await self._store.outbox.empty(told.event)
        database, addresses = self._store.database, {"$in": list(person.emails)}
        await database["errands"].delete({"told.email": addresses})
        await database["accounts"].delete({"pending.email": addresses})
        await database["waiting_addresses"].delete({"email": addresses})
        await self._post_office.recall(person.name, person.emails)

    async def _forget_profiles(self, id: AccountId, at: datetime) -> None:
        mentees, mentors = self._profiles.mentees, self._profiles.mentors
        if await mentees.find_one({"_id": id}):
            await mentees.change(id, profiles.erase_mentee, by=BY_ITSELF, at=at)
        if await mentors.find_one({"_id": id}):
            await mentors.change(id, profiles.erase_mentor, by=BY_ITSELF, at=at)
        await self._profiles.erase(id, at=at)

    async def _must_not_be_last_staff(self, id: AccountId) -> None:
        other_staff = await self._accounts.has_other_staff(id)
        accounts.must_not_be_last_staff(await self._accounts.get(id), other_staff=other_staff)

    async def _write_about(self, erasure: Erasure, letter: str, **words: str) -> None:
        person = await self._people.get(erasure.id)
        due = f"{erasure.due_at:%Y-%m-%d %H:%M} UTC" if erasure.due_at else ""
        letter_to = self._letters.write(letter, person.emails[0], person=person.name, due=due, **words)
        await self._post_office.post(letter_to)
