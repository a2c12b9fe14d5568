"""What projects keeps: its own projects, terms and invitations, and a copy of who people are."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from contracts.ids import AccountId, ProjectId
from contracts.projects import ProjectStatus
from services.chassis.domain import Actor, NotYetKnown, system
from services.chassis.mail import Letter, PostOffice
from services.chassis.mongo import Document, DuplicateKeyError, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.settings import Settings
from services.chassis.store import Projection, Repository, Store
from services.projects.domain import invitation as invitations
from services.projects.domain import project as projects
from services.projects.domain import term as terms
from services.projects.domain.invitation import InvitationUnknown, MentorInvitation
from services.projects.domain.project import STAFF, NameTaken, Project, ProjectUnknown
from services.projects.domain.term import Label, Term, TermUnknown

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BY_ITSELF: Final = system("projects")


class Person(BaseModel):
    """Identity's word on who an account is."""

    id: AccountId
    name: str
    emails: tuple[str, ...]


@dataclass(frozen=True)
class Detail:
    """All that a project's page shows."""

    project: Project
    terms: Sequence[tuple[Term, Label]]
    mentors: Sequence[Person]


class Projects(Repository[Project]):
    def write(self, state: Project) -> Document:
        return super().write(state) | {"name_key": state.name.casefold()}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("name_key", 1)], unique=True, name="name"),
            IndexModel([("slug", 1)], unique=True, name="slug"),
            IndexModel([("status", 1), ("_id", -1)]),
            IndexModel([("administrators", 1)]),
            IndexModel([("mentors", 1)]),
            IndexModel([("name", "text"), ("description", "text"), ("skills", "text")]),
        )

    async def id_of(self, reference: str) -> ProjectId:
        """Turn an id or a slug into the id."""
        if UUID.fullmatch(reference):
            return ProjectId(reference)
        found = await self.documents.find_one({"slug": reference}, {"_id": 1})
        if found is None:
            raise ProjectUnknown(f"There is no project {reference!r}.")
        return ProjectId(found["_id"])

    async def visible_to(self, reader: Actor | None, id: ProjectId) -> Project:
        """What you may not see is not there."""
        project = await self.get(id)
        if not project.is_seen_by(reader):
            raise ProjectUnknown(f"There is no project {id!r}.")
        return project

    async def listed_for(
        self, reader: Actor | None, wanted: Mapping[str, Any], text: str | None, request: PageRequest
    ) -> Page[Project]:
        """Those the reader may see: published ones, their own, and for staff all."""
        where: Document = {**wanted, **({"$text": {"$search": text}} if text else {})}
        if reader is None or not reader.has(STAFF):
            seen: list[Document] = [{"status": ProjectStatus.PUBLISHED}]
            if reader is not None:
                seen += [{"administrators": reader.id}, {"mentors": reader.id}]
            where["$or"] = seen
        return await self.page(where, request)


class Terms(Repository[Term]):
    def write(self, state: Term) -> Document:
        return super().write(state) | {"next_at": state.next_at}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("project_id", 1), ("name", 1)], unique=True),
            IndexModel([("next_at", 1)]),
        )

    async def of(self, project_id: ProjectId) -> list[Term]:
        return await self.find({"project_id": project_id}, sort="window_opens_at")


class ProjectsStore:
    """Everything projects keeps, and the commands that move two things at once."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self.projects = Projects(store, "projects", Project, ProjectUnknown)
        self.terms = Terms(store, "terms", Term, TermUnknown)
        self.invitations = Repository(store, "mentor_invitations", MentorInvitation, InvitationUnknown)
        self.people = Projection(store, "people", Person)
        self.mail = PostOffice(store, settings)

    async def prepare(self) -> None:
        await self.projects.prepare()
        await self.terms.prepare()
        await self.invitations.prepare(IndexModel([("token_hash", 1)], unique=True), IndexModel([("project_id", 1)]))
        await self.people.prepare()
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

    async def plan_term(self, term: Term, *, by: Actor, at: datetime) -> Term:
        """Add a term; two at the same time meet at the project, so that neither oversteps the limit unseen."""

        async def work() -> Term:
            project = await self.projects.get(term.project_id)
            change = terms.plan(term, project, await self.terms.of(project.id), by=by, at=at)
            await self.projects.documents.update({"_id": project.id}, {"$inc": {"terms_planned": 1}})
            return await self.terms.add(change)

        return await self._store.transaction(work)

    async def invite(
        self, id: str, project_id: ProjectId, letter: Letter, *, token_hash: str, by: Actor, at: datetime
    ) -> MentorInvitation:
        """Keep the invitation and put its letter on its way."""

        async def work() -> MentorInvitation:
            project = await self.projects.get(project_id)
            invited = invitations.invite(id, project, email=letter.to, token_hash=token_hash, by=by, at=at)
            await self.mail.post(letter)
            return await self.invitations.add(invited)

        return await self._store.transaction(work)

    async def accept_invitation(self, token_hash: str, *, by: Actor, at: datetime) -> MentorInvitation:
        """Answer the invitation and make the person a mentor."""

        async def work() -> MentorInvitation:
            found = await self.invitations.find_one({"token_hash": token_hash})
            if found is None:
                raise InvitationUnknown("No invitation has this token. Use the link of the newest mail.")
            person = await self.people.get(by.id)
            if person is None:
                raise NotYetKnown("Your account has not arrived here yet. Ask again in a moment.")
            accepted = await self.invitations.change(
                found.id, invitations.accept, addresses=person.emails, by=by, at=at
            )
            await self.projects.change(found.project_id, projects.welcome, AccountId(by.id), by=by, at=at)
            return accepted

        return await self._store.transaction(work)

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
