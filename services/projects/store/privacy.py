"""What projects holds on one person: told to themself, or forgotten."""

from typing import Any, Final

from contracts.exports import ProjectsPartExported
from contracts.identity import ExportRequested, PersonDescribed
from contracts.ids import AccountId
from services.chassis import own_notes
from services.chassis.domain import Actor, system
from services.chassis.exporting import tell_part
from services.projects.domain import forgetting
from services.projects.domain.project import Project
from services.projects.store.kept import Kept

BY_ITSELF: Final = system("projects")


class Privacy(Kept):
    async def tell_export(self, asked: ExportRequested) -> None:
        await tell_part(self._store, ProjectsPartExported, asked, await self._held_on(asked.account_id))

    async def _held_on(self, id: AccountId) -> dict[str, Any]:
        person, account = await self.people.get(id), await self.accounts.get(id)
        addresses = list(person.emails) if person else []
        invited = await self.invitations.find({"email": {"$in": addresses}})
        asked = await self.requests.find({"account_id": id})
        belongs = {"$or": [{"administrators": id}, {"mentors": id}]}
        calendar = await self._store.database["calendars"].find_one({"_id": id})
        return {
            "person": person and person.model_dump(),
            "roles": account.roles if account else (),
            "projects": [_membership(project, id) for project in await self.projects.find(belongs)],
            "invitations": [
                each.model_dump(mode="json", exclude={"token_hash", "invited_by", "pos", "sequence"})
                for each in invited
            ],
            "requests_to_mentor": [each.model_dump(mode="json", exclude={"pos", "sequence"}) for each in asked],
            "calendar_address": calendar is not None,
            "audit": await own_notes.exported(self._store.audit, id),
        }

    async def remember_person(self, event: PersonDescribed) -> None:
        """Keep who somebody is; once they erased themself, keep nothing."""
        known = await self.people.get(event.id)
        await self.people.remember(event)
        if event.name:
            return
        if known:
            await self.mail.recall(known.name, known.emails)
            for invitation in await self.invitations.find({"email": {"$in": list(known.emails)}}):
                await self.invitations.change(invitation.id, forgetting.forget_invited, by=BY_ITSELF, at=event.at)
        await self._store.answers.forget(event.id, *(known.name, *known.emails) if known else ())
        await self._store.audit.forget(event.id)
        await self._store.database["calendars"].delete({"_id": event.id})
        await self._forget_membership(event)

    async def _forget_membership(self, event: PersonDescribed) -> None:
        me = Actor(event.id)
        for request in await self.requests.find({"account_id": event.id}):
            await self.requests.change(request.id, forgetting.forget_request, by=me, at=event.at)
        for project in await self.projects.find({"$or": [{"administrators": event.id}, {"mentors": event.id}]}):
            await self.projects.change(project.id, forgetting.forget_member, event.id, by=me, at=event.at)


def _membership(project: Project, id: AccountId) -> dict[str, Any]:
    roles = [
        role
        for role, people in (("administrator", project.administrators), ("mentor", project.mentors))
        if id in people
    ]
    return {"id": project.id, "name": project.name, "status": project.status, "roles": roles}
