"""What applications holds on one person: told to themself, or forgotten."""

import hashlib
from datetime import datetime
from typing import Any

from contracts.applications import ApplicationStatus
from contracts.exports import ApplicationsPartExported
from contracts.identity import ExportRequested, PersonDescribed
from contracts.ids import AccountId, ActorId
from services.applications.domain import application as applications
from services.applications.domain import exported, forgetting
from services.applications.domain.announcement import BEGUN, as_told
from services.applications.domain.application import Application
from services.applications.store.decisions import Decisions
from services.applications.store.drafts import Drafts
from services.applications.store.mentorships import Mentorships
from services.chassis import own_notes
from services.chassis.audit import first_id
from services.chassis.domain import Actor
from services.chassis.exporting import tell_part


class Privacy(Mentorships, Decisions, Drafts):
    async def tell_export(self, asked: ExportRequested) -> None:
        await tell_part(self._store, ApplicationsPartExported, asked, await self._held_on(asked.account_id, asked.at))

    async def _held_on(self, id: AccountId, at: datetime) -> dict[str, Any]:
        me, own = Actor(id), {"mentee_id": id}
        mentee, either = await self.mentees.get(id), {"$or": [{"sender_id": id}, {"graduate_id": id}]}
        return {
            "mentee": mentee and mentee.model_dump(mode="json"),
            "applications": [await self._told_whole(each, at) for each in await self.applications.of(id)],
            "drafts": [exported.draft(each) for each in await self.drafts.find(own)],
            "certificates": [exported.certificate(each) for each in await self.certificates.find(own)],
            "referrals": [exported.referral(each, me) for each in await self.referrals.find(either)],
            "reviews_given": [exported.review(each) for each in await self.reviews.find({"reviewer_id": id})],
            "audit": await own_notes.exported(self._store.audit, id, await self.untold_since(id, at)),
        }

    async def untold_since(self, id: str, at: datetime) -> str | None:
        """Say from which note on something may tell a mentee what is decided and not announced."""
        held_back = [
            application.applied_at
            for application in await self.applications.of(AccountId(ActorId(id)))
            if application.status not in BEGUN
            and (term := await self.terms.get(application.term_id))
            and not term.has_announced(at)
        ]
        return first_id(min(held_back) - own_notes.MARGIN) if held_back else None

    async def _told_whole(self, application: Application, at: datetime) -> dict[str, Any]:
        """Hold back what was decided and is not announced, as everywhere."""
        of_it, term = {"application_id": application.id}, await self.terms.get(application.term_id)
        told = as_told(application, term, at) if term else application
        tasks, evaluations = await self.tasks.find(of_it), await self.evaluations.find(of_it)
        return exported.mentorship(told, await self.projects.get(application.project_id), tasks, evaluations)

    async def remember_person(self, event: PersonDescribed) -> None:
        """Keep who somebody is; once they erased themself, keep nothing."""
        known = await self.people.get(event.id)
        await self.people.remember(event)
        if event.name:
            return
        await self._store.answers.forget(event.id, *(known.name, *known.emails) if known else ())
        await self._store.audit.forget(event.id)
        if known:
            await self.mail.recall(known.name, known.emails)
            hashes = [hashlib.sha256(email.encode()).hexdigest() for email in known.emails]
            await self.senders.documents.delete({"_id": {"$in": hashes}})
        await self.forget_person(event.id)
        await self.forget_writings(event.id)
        await self._forget_applications(event.id, event.at)
        for review in await self.reviews.find({"reviewer_id": event.id}):
            await self.reviews.change(review.id, forgetting.forget_note)

    async def _forget_applications(self, id: AccountId, at: datetime) -> None:
        files = []
        for application in await self.applications.of(id):
            await self._leave(application, at)
            await self.applications.change(application.id, forgetting.forget_applicant)
            of_it = {"application_id": application.id}
            for task in await self.tasks.find(of_it):
                files += [task.file] if task.file else []
                await self.tasks.change(task.id, forgetting.forget_submission)
            for evaluation in await self.evaluations.find(of_it):
                await self.evaluations.change(evaluation.id, forgetting.forget_words)
            for review in await self.reviews.find(of_it):
                await self.reviews.change(review.id, forgetting.forget_note)
        await self.files.discard_all_of(id, files)

    async def _leave(self, application: Application, at: datetime) -> None:
        """Withdraw what is not at its end: nobody is there any more who could go on with it."""
        project, term = await self.projects.get(application.project_id), await self.terms.get(application.term_id)
        if project and term and ApplicationStatus.WITHDRAWN in applications.NEXT.get(application.status, ()):
            await self.decide(
                application.id,
                applications.withdraw,
                term=term,
                reason="",
                by=Actor(ActorId(application.mentee_id)),
                at=at,
            )
