"""The commands by which applications are decided, and what people are told of that, when they may be."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.applications import ApplicationStatus, Attendance
from contracts.ids import ApplicationId, TermId
from services.applications.domain import application as applications
from services.applications.domain import places, waiting
from services.applications.domain.application import Application
from services.applications.domain.known import Term
from services.applications.store.alarms import Alarm, ahead_of_expiry
from services.applications.store.evaluations import BY_ITSELF
from services.applications.store.kept import Kept
from services.chassis.domain import Actor, NotAllowed, NotYetKnown

AT_ONCE: Final = 500
"""Applications that are declined in one transaction, at the most."""
EXPORTED: Final = 100
"""Applications that are in memory at once while they are exported."""
RESULTS: Final = {
    ApplicationStatus.WAITLISTED: "waitlisted",
    ApplicationStatus.ACCEPTED: "offered",
    ApplicationStatus.DECLINED: "declined",
}
"""Letters to the applicant."""
UNANSWERED: Final = frozenset({ApplicationStatus.PENDING, ApplicationStatus.WAITLISTED})


@dataclass(frozen=True)
class Declined:
    declined: int
    left: int
    """Pending ones still there."""


class Decisions(Kept):
    async def accept(self, id: ApplicationId, *, attendance: Attendance, by: Actor, at: datetime) -> Application:
        async def work() -> Application:
            term = await self.term((await self.applications.get(id)).term_id)
            accepted = await self.decide(
                id, applications.accept, attendance=attendance, term=term, valid=self.offer_valid, by=by, at=at
            )
            await self.announce(accepted, at)
            return accepted

        return await self._store.transaction(work)

    async def decline(
        self, id: ApplicationId, *, reason_code: str, message: str, by: Actor, at: datetime
    ) -> Application:
        async def work() -> Application:
            declined = await self.decide(
                id, applications.decline, reason_code=reason_code, message=message, by=by, at=at
            )
            await self.announce(declined, at)
            return declined

        return await self._store.transaction(work)

    async def decline_pending(
        self, term_id: TermId, *, reason_code: str, message: str, by: Actor, at: datetime
    ) -> Declined:
        """Decline what is pending, up to 500 at once, but for what the administrator must leave to others."""

        async def work() -> Declined:
            await self.must_be_administered_by(by, term_id)
            pending = {"term_id": term_id, "status": ApplicationStatus.PENDING}
            conflicts = await self.reviews.find({"reviewer_id": by.id, "conflict_of_interest": True})
            mine = {"_id": {"$nin": [each.application_id for each in conflicts]}, "mentee_id": {"$ne": by.id}}
            found = await self.applications.find({**pending, **mine}, limit=AT_ONCE)
            for each in found:
                await self.decline(each.id, reason_code=reason_code, message=message, by=by, at=at)
            return Declined(len(found), await self.applications.documents.count(pending))

        return await self._store.transaction(work)

    async def waitlist(
        self, id: ApplicationId, *, attendance: Attendance | None, rank: int, by: Actor, at: datetime
    ) -> Application:
        async def work() -> Application:
            waits = await self.decide(id, waiting.waitlist, attendance=attendance, rank=rank, by=by, at=at)
            await self.places.change(waits.term_id, places.look_for_next)
            await self.announce(waits, at)
            return waits

        return await self._store.transaction(work)

    async def arrange(self, id: ApplicationId, *, attendance: Attendance | None, rank: int, by: Actor) -> Application:
        async def work() -> Application:
            arranged = await self.decide(id, waiting.arrange, attendance=attendance, rank=rank, by=by)
            await self.places.change(arranged.term_id, places.look_for_next)
            return arranged

        return await self._store.transaction(work)

    async def reconsider(self, id: ApplicationId, *, by: Actor, at: datetime) -> Application:
        async def work() -> Application:
            await self.alarms.clear(Alarm.RESULT, id)
            return await self.decide(id, waiting.reconsider, by=by, at=at)

        return await self._store.transaction(work)

    async def withdraw(self, id: ApplicationId, *, reason: str, by: Actor, at: datetime) -> Application:
        """Leave, and tell the administrators, or the mentee who was taken out."""

        async def work() -> Application:
            before, project = await self.around(id)
            term = await self.term(before.term_id)
            withdrawn = await self.decide(id, applications.withdraw, term=term, reason=reason, by=by, at=at)
            await self.alarms.clear(Alarm.RESULT, id)
            own = by.id == withdrawn.mentee_id
            await self._write_of(
                withdrawn, "withdrawn", project.administrators if own else [withdrawn.mentee_id], own=own
            )
            return await self.told_to(by, withdrawn, at)

        return await self._store.transaction(work)

    async def tell_of_undoing(self, before: Application, undone: Application, by: Actor) -> None:
        """Tell those who were told of what was undone; a mail that was not sent yet is simply not sent."""
        if await self.alarms.clear(Alarm.RESULT, before.id):
            return
        _, project = await self.around(undone.id)
        people = project.administrators if by.id == undone.mentee_id else [undone.mentee_id]
        await self._write_of(undone, "undone", people, before=before)

    async def offer_free_place(self, at: datetime) -> bool:
        """Look at one term where a place may be free for whoever waits; says whether there was one.

        It stays noted until nobody is found, so that the job finds it again wherever it was cut off.
        """

        async def work() -> bool:
            noted = await self.places.find_one({"to_offer": True})
            if noted is None:
                return False
            term = await self.terms.get(noted.id)
            before = await self._next_for_a_place(term, at) if term else None
            if term is None or before is None:
                await self.places.change(noted.id, places.found_nobody)
                return True
            accepted = await self.applications.change(
                before.id, waiting.offer_place, term=term, valid=self.offer_valid, by=BY_ITSELF, at=at
            )
            await self.keep_places(before, accepted)
            await self.announce(accepted, at)
            return True

        return await self._store.transaction(work)

    async def _next_for_a_place(self, term: Term, at: datetime) -> Application | None:
        """Give who is to be offered one; nobody once the term has started."""
        free = at < term.starts_at and await self.has_place(term)
        return await self.applications.next_in_line(term.id) if free else None

    async def has_place(self, term: Term) -> bool:
        return (await self.places.get(term.id)).taken < term.capacity

    async def announce(self, decided: Application, at: datetime) -> None:
        """Let the applicant know, once the term's results are announced."""
        term = await self.term(decided.term_id)
        told = {Alarm.RESULT: max(at, term.results_at or at)}
        await self.alarms.set(decided, {**told, **ahead_of_expiry(decided)})

    async def ring(self, at: datetime) -> bool:
        """Do what is due for longest, as things are now; says whether there was something."""

        async def work() -> bool:
            due = await self.alarms.take_due(at)
            if due is None:
                return False
            alarm, id = due
            application = await self.applications.get(id)
            match alarm:
                case Alarm.LIKENESS:
                    await self.likenesses.compare(application)
                case Alarm.RESULT if application.status in RESULTS:
                    await self._write_of(application, RESULTS[application.status], [application.mentee_id])
                case Alarm.OFFER if application.status is ApplicationStatus.ACCEPTED:
                    await self._write_of(application, "offer_expires", [application.mentee_id])
                case Alarm.PREREQUISITES if application.status in UNANSWERED and application.open_prerequisites:
                    await self._write_of(application, "prerequisites_open", [application.mentee_id])
                case _:
                    pass
            return True

        return await self._store.transaction(work)

    async def _write_of(self, application: Application, letter: str, ids: Any, **words: Any) -> None:
        project, term = await self.project_of(application), await self.term(application.term_id)
        mentee = await self.people.get(application.mentee_id)
        who = (mentee and mentee.name) or "An applicant"

        about = {"project": project, "term": term, "application": application, "mentee": who}
        await self.write_to(ids, letter, term.time_zone, **about, **words)

    async def must_be_administered_by(self, by: Actor, term_id: TermId) -> None:
        project = await self.projects.get((await self.term(term_id)).project_id)
        if project is None:
            raise NotYetKnown("The project of this term has not arrived here yet. Ask again in a moment.")
        if not project.has_administrator(by):
            raise NotAllowed("This is for the project's administrators.")

    async def each_of_term(self, term_id: TermId) -> AsyncIterator[tuple[Application, str]]:
        """Give a term's applications, by status, each with the mentee's name."""
        batch: list[Application] = []
        by_status = [("status", 1), ("_id", -1)]
        without = {"verdict": 0, "history": 0}
        rows = self.applications.documents.each({"term_id": term_id}, sort=by_status, fields=without, at_once=EXPORTED)
        async for row in rows:
            batch.append(self.applications.read(row))
            if len(batch) == EXPORTED:
                for named in await self._named(batch):
                    yield named
                batch = []
        for named in await self._named(batch):
            yield named

    async def _named(self, batch: list[Application]) -> list[tuple[Application, str]]:
        names = {person.id: person.name for person in await self.people_of(batch)}
        return [(each, names.get(each.mentee_id, "")) for each in batch]
