"""What projects keeps: its own projects, terms and invitations; copies of who people are and of applications."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from contracts.applications import ApplicationEvent
from contracts.identity import PersonDescribed
from contracts.ids import AccountId, MentorInvitationId, ProjectId, TermId
from contracts.projects import MemberRole
from services.chassis.domain import Actor, Change, NotYetKnown, system
from services.chassis.mail import PostOffice
from services.chassis.mongo import DuplicateKeyError
from services.chassis.settings import Settings
from services.chassis.store import Projection, Store
from services.projects.domain import invitation as invitations
from services.projects.domain import members
from services.projects.domain import project as projects
from services.projects.domain import term as terms
from services.projects.domain.invitation import InvitationUnknown, MentorInvitation, hash_of
from services.projects.domain.project import STAFF, NameTaken, Project, ProjectUnknown, Tally
from services.projects.domain.term import Label, Term, TermUnknown
from services.projects.store import letters
from services.projects.store.enrollments import Projects, Terms
from services.projects.store.invited import Invitations
from services.projects.store.known import Application, Applications, Person

BY_ITSELF: Final = system("projects")


class DecisionWithApplications(Protocol):
    """A decision that looks at where the project's applications stand."""

    def __call__(self, project: Project, tally: Tally, *, by: Actor, at: datetime) -> Change[Project]: ...


@dataclass(frozen=True)
class Detail:
    """All that a project's page shows."""

    project: Project
    terms: Sequence[tuple[Term, Label]]
    mentors: Sequence[Person]


@dataclass(frozen=True)
class Member:
    """Somebody in a project, by name."""

    id: AccountId
    name: str
    role: MemberRole


class ProjectsStore:
    """Everything projects keeps, and the commands that move two things at once."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._public_url = settings.public_url
        self.projects = Projects(store, "projects", Project, ProjectUnknown)
        self.terms = Terms(store, "terms", Term, TermUnknown)
        self.invitations = Invitations(store, "mentor_invitations", MentorInvitation, InvitationUnknown)
        self.people = Projection(store, "people", Person, remembers=PersonDescribed)
        self.applications = Applications(store, "applications", Application, remembers=ApplicationEvent)
        self.mail = PostOffice(store, settings)

    async def prepare(self) -> None:
        await self.projects.prepare()
        await self.terms.prepare()
        await self.invitations.prepare()
        await self.people.prepare()
        await self.applications.prepare()
        await self.mail.prepare()

    async def draft(self, id: str, fields: Mapping[str, Any], *, by: Actor, at: datetime) -> Project:
        """Begin an enrollment under the first free slug. Raises `NameTaken`."""
        first = projects.slug_of(fields["name"])
        for number in itertools.count(1):
            slug = first if number == 1 else f"{first}-{number}"
            try:
                return await self.projects.add(projects.draft(id, slug=slug, by=by, at=at, **fields))
            except DuplicateKeyError as taken:
                if "slug" not in str(taken.details and taken.details.get("keyPattern")):
                    raise NameTaken(f"There is a project called {fields['name']!r}. Choose another name.") from None
        raise AssertionError

    async def edit(self, id: ProjectId, changes: Mapping[str, Any], *, by: Actor, at: datetime) -> Project:
        try:
            return await self.projects.change(id, projects.edit, changes, by=by, at=at)
        except DuplicateKeyError:
            raise NameTaken(f"There is a project called {changes['name']!r}. Choose another name.") from None

    async def submit(self, id: ProjectId, *, terms_version: str, by: Actor, at: datetime) -> Project:
        planned = await self.terms.documents.count({"project_id": id}, limit=1)
        return await self.projects.change(
            id, projects.submit, terms_version=terms_version, planned_terms=planned, by=by, at=at
        )

    async def publish(self, id: ProjectId, *, by: Actor, at: datetime) -> Project:
        """Let the public see it, and tell its administrators."""

        async def work() -> Project:
            return await self._tell_administrators(await self.projects.change(id, projects.publish, by=by, at=at))

        return await self._store.transaction(work)

    async def reject(self, id: ProjectId, reason: str, *, by: Actor, at: datetime) -> Project:
        """Send it back, and tell its administrators why."""

        async def work() -> Project:
            return await self._tell_administrators(
                await self.projects.change(id, projects.reject, reason, by=by, at=at)
            )

        return await self._store.transaction(work)

    async def _tell_administrators(self, reviewed: Project) -> Project:
        """Post the review's outcome to those whose address is known here."""
        for person in await self.people.find({"_id": {"$in": list(reviewed.administrators)}}):
            if person.emails:
                await self.mail.post(letters.review(reviewed, person.emails[0], public_url=self._public_url))
        return reviewed

    async def decide_with_applications(
        self, id: ProjectId, decide: DecisionWithApplications, *, by: Actor, at: datetime
    ) -> Project:
        """Decide knowing how many applications there are, as far as applications has told."""

        async def work() -> Project:
            return await self.projects.change(id, decide, await self.applications.tally(id), by=by, at=at)

        return await self._store.transaction(work)

    async def plan_term(self, term: Term, *, by: Actor, at: datetime) -> Term:
        """Add a term; two at the same time meet at the project, so that neither oversteps the limit unseen."""

        async def work() -> Term:
            project = await self.projects.get(term.project_id)
            change = terms.plan(term, project, await self.terms.of(project.id), by=by, at=at)
            await self.projects.documents.update({"_id": project.id}, {"$inc": {"terms_planned": 1}})
            return await self.terms.add(change)

        return await self._store.transaction(work)

    async def edit_term(self, id: TermId, changes: Mapping[str, Any], *, by: Actor, at: datetime) -> Term:
        """Change a term; it meets others that are planned or edited now at the project, so that names stay apart."""

        async def work() -> Term:
            project = await self._project_of(id)
            await self.projects.documents.update({"_id": project.id}, {"$inc": {"terms_planned": 1}})
            others = await self.terms.of(project.id)
            return await self.terms.change(id, terms.edit, changes, project, others, by=by, at=at)

        return await self._store.transaction(work)

    async def close_term(self, id: TermId, *, by: Actor, at: datetime) -> Term:
        async def work() -> Term:
            return await self.terms.change(id, terms.close, await self._project_of(id), by=by, at=at)

        return await self._store.transaction(work)

    async def reopen_term(self, id: TermId, window_closes_at: datetime, *, by: Actor, at: datetime) -> Term:
        async def work() -> Term:
            project = await self._project_of(id)
            return await self.terms.change(id, terms.reopen, window_closes_at, project, by=by, at=at)

        return await self._store.transaction(work)

    async def delete_term(self, id: TermId, *, by: Actor, at: datetime) -> None:
        """Take a term back, if as far as applications has told nobody applied to it."""

        async def work() -> None:
            project, applied = await self._project_of(id), await self.applications.of_term(id)
            await self.terms.change(id, terms.delete, project, applications=applied, by=by, at=at)
            await self.terms.documents.delete({"_id": id})

        await self._store.transaction(work)

    async def _project_of(self, id: TermId) -> Project:
        term = await self.terms.get(id)
        return await self.projects.get(term.project_id)

    async def invite(
        self, id: str, project_id: ProjectId, email: str, role: MemberRole, *, token: str, by: Actor, at: datetime
    ) -> MentorInvitation:
        """Keep the invitation and put its letter on its way."""

        async def work() -> MentorInvitation:
            project = await self.projects.get(project_id)
            invited = invitations.invite(id, project, email=email, token_hash=hash_of(token), role=role, by=by, at=at)
            await self._post_invitation(project, invited.state, token)
            return await self.invitations.add(invited)

        return await self._store.transaction(work)

    async def resend_invitation(
        self, project_id: ProjectId, id: MentorInvitationId, *, token: str, by: Actor, at: datetime
    ) -> MentorInvitation:
        async def work() -> MentorInvitation:
            project = await self.projects.get(project_id)
            await self.invitations.in_project(project_id, id)
            renewed = await self.invitations.change(
                id, invitations.resend, project, token_hash=hash_of(token), by=by, at=at
            )
            await self._post_invitation(project, renewed, token)
            return renewed

        return await self._store.transaction(work)

    async def revoke_invitation(
        self, project_id: ProjectId, id: MentorInvitationId, *, by: Actor, at: datetime
    ) -> None:
        async def work() -> None:
            project = await self.projects.get(project_id)
            await self.invitations.in_project(project_id, id)
            await self.invitations.change(id, invitations.revoke, project, by=by, at=at)

        await self._store.transaction(work)

    async def accept_invitation(self, token: str, *, by: Actor, at: datetime) -> MentorInvitation:
        """Answer the invitation and make the person what they were invited to be."""

        async def work() -> MentorInvitation:
            found, account = await self.invitations.with_token(token), AccountId(by.id)
            addresses = await self._addresses_of(by)
            accepted = await self.invitations.change(found.id, invitations.accept, addresses=addresses, by=by, at=at)
            applying = bool(await self.applications.open_of(found.project_id, account))
            await self.projects.change(
                found.project_id, members.welcome, account, found.role, applying=applying, by=by, at=at
            )
            return accepted

        return await self._store.transaction(work)

    async def decline_invitation(self, token: str, *, by: Actor, at: datetime) -> MentorInvitation:
        async def work() -> MentorInvitation:
            found, addresses = await self.invitations.with_token(token), await self._addresses_of(by)
            return await self.invitations.change(found.id, invitations.decline, addresses=addresses, by=by, at=at)

        return await self._store.transaction(work)

    async def _addresses_of(self, by: Actor) -> Sequence[str]:
        person = await self.people.get(by.id)
        if person is None:
            raise NotYetKnown("Your account has not arrived here yet. Ask again in a moment.")
        return person.emails

    async def _post_invitation(self, project: Project, invitation: MentorInvitation, token: str) -> None:
        await self.mail.post(
            letters.invitation(project, invitation.role, invitation.email, token=token, public_url=self._public_url)
        )

    async def members(self, project: Project, reader: Actor | None) -> list[Member]:
        """Name the mentors; administrators of the project and staff see its administrators too."""
        told = {MemberRole.MENTOR: project.mentors}
        if reader is not None and (reader.id in project.administrators or reader.has(STAFF)):
            told = {MemberRole.ADMINISTRATOR: project.administrators, **told}
        people = await self.people.find({"_id": {"$in": [id for ids in told.values() for id in ids]}})
        names = {person.id: person.name for person in people}
        return [Member(id, names[id], role) for role, ids in told.items() for id in ids if id in names]

    async def detail(self, project: Project, *, at: datetime) -> Detail:
        planned = await self.terms.of(project.id)
        mentors = await self.people.find({"_id": {"$in": list(project.mentors)}})
        return Detail(project, [(term, term.label(at)) for term in planned], mentors)

    async def cross_due_instant(self, at: datetime) -> bool:
        """Let the most overdue term pass its next instant; says whether there was one."""
        due = await self.terms.find({"next_at": {"$ne": None, "$lte": at}}, sort="next_at", limit=1)
        for term in due:
            await self.terms.change(term.id, terms.cross, by=BY_ITSELF, at=at)
        return bool(due)
