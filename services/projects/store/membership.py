"""The people of a project: shown, counted, leaving."""

from dataclasses import dataclass
from datetime import datetime

from contracts.applications import ApplicationEvent
from contracts.ids import AccountId, ProjectId
from contracts.projects import MemberRole
from services.chassis.domain import Actor
from services.projects.domain import members
from services.projects.domain.project import STAFF, Project
from services.projects.store.inviting import Inviting
from services.projects.store.requesting import Requesting


@dataclass(frozen=True)
class Member:
    """Somebody in a project, by name."""

    id: AccountId
    name: str
    role: MemberRole


class Membership(Inviting, Requesting):
    async def members(self, project: Project, reader: Actor | None) -> list[Member]:
        """Name the mentors; administrators of the project and staff see its administrators too."""
        told = {MemberRole.MENTOR: project.mentors}
        if reader is not None and (reader.id in project.administrators or reader.has(STAFF)):
            told = {MemberRole.ADMINISTRATOR: project.administrators, **told}
        people = await self.people.find({"_id": {"$in": [id for ids in told.values() for id in ids]}})
        names = {person.id: person.name for person in people}
        return [Member(id, names[id], role) for role, ids in told.items() for id in ids if id in names]

    async def remove_member(
        self, project_id: ProjectId, account: AccountId, replaced_by: AccountId | None, *, by: Actor, at: datetime
    ) -> None:
        """Let somebody leave or be removed, and tell whom it concerns."""

        async def work() -> None:
            active = await self.applications.active_in(project_id)
            open_evaluations = await self.evaluations.open_among(active)
            project = await self.projects.change(
                project_id,
                members.part,
                account,
                replaced_by=replaced_by,
                open_evaluations=open_evaluations,
                by=by,
                at=at,
            )
            await self._tell_of_parting(project, account, replaced_by, by)

        await self._store.transaction(work)

    async def _tell_of_parting(
        self, project: Project, account: AccountId, replaced_by: AccountId | None, by: Actor
    ) -> None:
        who = await self.name_of(account)
        if account == by.id:
            await self.write_to(project.administrators, "member_left", project, path="/members", who=who)
        else:
            await self.write_to([account], "member_removed", project)
        if replaced_by is not None and replaced_by != by.id:
            await self.write_to([replaced_by], "mentor_replaced", project, who=who)

    async def remember_application(self, event: ApplicationEvent) -> None:
        """Keep where it stands, and count the project's mentees anew: two events at once meet at the project."""
        await self.applications.remember(event)
        await self.projects.count_mentees(event.project_id, await self.applications.mentees_of(event.project_id))
