"""The commands of requests to mentor: made, answered, withdrawn."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contracts.ids import AccountId, MentorRequestId, ProjectId
from contracts.projects import MemberRole
from services.chassis.domain import Actor
from services.chassis.mongo import DuplicateKeyError
from services.projects.domain import members
from services.projects.domain import request as requests
from services.projects.domain.project import Project
from services.projects.domain.request import MentorRequest, RequestOpen
from services.projects.store.kept import Kept

REQUESTS: Final = "/mentor-requests"


class Requesting(Kept):
    async def ask_to_mentor(
        self, id: MentorRequestId, project_id: ProjectId, message: str, *, by: Actor, at: datetime
    ) -> MentorRequest:
        """Keep the request, and tell the administrators. Raises `RequestOpen`, of two at the same time to one."""
        account = AccountId(by.id)
        wanted = MentorRequest(id=id, project_id=project_id, account_id=account, message=message, asked_at=at)

        async def work() -> MentorRequest:
            project, last = await self.projects.get(project_id), await self.requests.last_of(account, project_id)
            known = await self.mentors.get(account)
            asked = requests.ask(
                wanted,
                project,
                last,
                complete=known is not None and known.complete,
                applying=bool(await self.applications.open_of(project_id, account)),
                past=await self._is_past(project_id, at),
                by=by,
                at=at,
            )
            who = await self.name_of(account)
            await self.write_to(project.administrators, "request_received", project, path=REQUESTS, who=who)
            return await self.requests.add(asked)

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            raise RequestOpen("You have asked already. Wait for the answer, or withdraw that request.") from None

    async def approve_request(
        self, project_id: ProjectId, id: MentorRequestId, *, by: Actor, at: datetime
    ) -> MentorRequest:
        """Answer the request, make the person a mentor, and tell them."""

        async def work() -> MentorRequest:
            project, found = await self._asked(project_id, id)
            approved = await self.requests.change(id, requests.approve, project, by=by, at=at)
            applying = bool(await self.applications.open_of(project_id, found.account_id))
            await self.projects.change(
                project_id, members.welcome, found.account_id, MemberRole.MENTOR, applying=applying, by=by, at=at
            )
            await self.write_to([found.account_id], "request_approved", project)
            return approved

        return await self._store.transaction(work)

    async def decline_request(
        self, project_id: ProjectId, id: MentorRequestId, answer: str, *, by: Actor, at: datetime
    ) -> MentorRequest:
        """Answer the request, and tell the person."""

        async def work() -> MentorRequest:
            project, found = await self._asked(project_id, id)
            declined = await self.requests.change(id, requests.decline, project, answer=answer, by=by, at=at)
            await self.write_to([found.account_id], "request_declined", project, request=declined)
            return declined

        return await self._store.transaction(work)

    async def withdraw_request(
        self, project_id: ProjectId, id: MentorRequestId, *, by: Actor, at: datetime
    ) -> MentorRequest:
        async def work() -> MentorRequest:
            project, _ = await self._asked(project_id, id)
            return await self.requests.change(id, requests.withdraw, project, by=by, at=at)

        return await self._store.transaction(work)

    async def names_of(self, asked: Sequence[MentorRequest]) -> dict[AccountId, str]:
        """Name the people who asked, as far as identity has told."""
        people = await self.people.find({"_id": {"$in": [request.account_id for request in asked]}})
        return {person.id: person.name for person in people}

    async def _asked(self, project_id: ProjectId, id: MentorRequestId) -> tuple[Project, MentorRequest]:
        return await self.projects.get(project_id), await self.requests.in_project(project_id, id)

    async def _is_past(self, project_id: ProjectId, at: datetime) -> bool:
        planned = await self.terms.of(project_id)
        return bool(planned) and all(term.ends_at <= at for term in planned)
