"""What projects keeps: its own projects, terms and invitations; copies of who people are and of applications."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from contracts.ids import ProjectId
from services.chassis.domain import Actor, Change
from services.chassis.mongo import DuplicateKeyError
from services.projects.domain import project as projects
from services.projects.domain.project import NameTaken, Project, Tally
from services.projects.domain.term import Label, Term
from services.projects.store import letters
from services.projects.store.known import Person
from services.projects.store.membership import Membership
from services.projects.store.planning import Planning


class DecisionWithApplications(Protocol):
    """A decision that looks at where the project's applications stand."""

    def __call__(self, project: Project, tally: Tally, *, by: Actor, at: datetime) -> Change[Project]: ...


@dataclass(frozen=True)
class Detail:
    """All that a project's page shows."""

    project: Project
    terms: Sequence[tuple[Term, Label]]
    mentors: Sequence[Person]


class ProjectsStore(Planning, Membership):
    """Everything projects keeps, and the commands that move two things at once."""

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

    async def detail(self, project: Project, *, at: datetime) -> Detail:
        planned = await self.terms.of(project.id)
        mentors = await self.people.find({"_id": {"$in": list(project.mentors)}})
        return Detail(project, [(term, term.label(at)) for term in planned], mentors)
