"""The dates of projects and of people, and the secret addresses under which people's calendars read theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.ids import AccountId
from services.chassis.domain import Actor, NotFound
from services.chassis.mongo import Collection, IndexModel
from services.projects.domain.invitation import hash_of
from services.projects.domain.project import Project
from services.projects.domain.term import Term
from services.projects.store.kept import Kept


class CalendarUnknown(NotFound):
    """No calendar has this address, or its owner has ended it."""


@dataclass(frozen=True)
class Dates:
    """A project with those of its terms that concern whoever reads."""

    project: Project
    terms: Sequence[Term]


class Calendars(Kept):
    """An address is a random token, of which the store keeps the hash alone; a person has one at most."""

    async def prepare(self) -> None:
        await super().prepare()
        await self._addresses.ensure(IndexModel([("token_hash", 1)], unique=True))

    @property
    def _addresses(self) -> Collection:
        return self._store.database["calendars"]

    async def open_calendar(self, token: str, *, by: Actor) -> str:
        """Give the person a new address, which ends the one before; gives its link."""

        async def work() -> str:
            await self._addresses.replace({"_id": by.id}, {"token_hash": hash_of(token)}, upsert=True)
            await self._store.audit.note("open_calendar", f"calendars/{by.id}", by=by.id)
            return f"{self._public_url}/v1/terms/calendar/{token}.ics"

        return await self._store.transaction(work)

    async def end_calendar(self, *, by: Actor) -> None:
        async def work() -> None:
            await self._addresses.delete({"_id": by.id})
            await self._store.audit.note("end_calendar", f"calendars/{by.id}", by=by.id)

        await self._store.transaction(work)

    async def dates_at(self, token: str) -> list[Dates]:
        """Give the dates of whoever owns the address. Raises `CalendarUnknown`."""
        owner = await self._addresses.find_one({"token_hash": hash_of(token)})
        if owner is None:
            raise CalendarUnknown("There is no calendar here any more. Ask for a new address.")
        return await self._dates_of(AccountId(owner["_id"]))

    async def dates_of_project(self, project: Project) -> Dates:
        return Dates(project, await self.terms.of(project.id))

    async def _dates_of(self, account: AccountId) -> list[Dates]:
        """Give every term of the projects they belong to, and each that they applied to."""
        applied = await self.applications.going_on_of(account)
        own = await self.projects.find({"$or": [{"administrators": account}, {"mentors": account}]})
        ids = [project.id for project in own]
        others = await self.projects.find(
            {"_id": {"$in": [one.project_id for one in applied if one.project_id not in ids]}}
        )
        either = {"$or": [{"project_id": {"$in": ids}}, {"_id": {"$in": [one.term_id for one in applied]}}]}
        planned = await self.terms.find(either, sort="window_opens_at")
        return [
            Dates(project, [term for term in planned if term.project_id == project.id]) for project in [*own, *others]
        ]
