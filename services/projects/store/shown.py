"""What readers are shown: pages of the catalog, a project with all that belongs to it, and changes as they happen."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from contracts.event import Event
from contracts.ids import AccountId, ProjectId
from contracts.projects import (
    AdministratorLeft,
    MentorInvitationEvent,
    MentorLeft,
    MentorRequestEvent,
    ProjectArchived,
    ProjectChangeProposed,
    ProjectChangeRejected,
    ProjectEvent,
    ProjectHidden,
    ProjectStatus,
    TermEvent,
)
from contracts.stipends import PolicyKind, StipendPolicySet
from services.chassis.domain import Actor
from services.chassis.live import Audience
from services.chassis.mongo import Document
from services.chassis.paging import Page, PageRequest
from services.projects.domain.project import STAFF, Project
from services.projects.domain.term import Label, Term
from services.projects.store.kept import Kept
from services.projects.store.known import Person
from services.projects.store.wanted import Sort, Wanted

BETWEEN_US: Final = (ProjectChangeProposed, ProjectChangeRejected)
"""What the public is not told even of a published project."""
OUT_OF_SIGHT: Final = (ProjectHidden, ProjectArchived)


@dataclass(frozen=True)
class Detail:
    """All that a project's page shows."""

    project: Project
    terms: Sequence[tuple[Term, Label]]
    mentors: Sequence[Person]
    paid: bool | None
    """Whether its stipend policy pays; None while stipends has told of none."""


class Shown(Kept):
    async def listed(
        self, reader: Actor | None, wanted: Wanted, sort: Sort, request: PageRequest, *, at: datetime
    ) -> Page[Detail]:
        """One page of what the reader may see: published projects, their own, and for staff all."""
        ids, cursor = await self.catalog.page(reader, wanted, sort, request, at)
        return Page(items=await self._seen_of(ids, reader, at), next_cursor=cursor)

    async def facets(self, reader: Actor | None, wanted: Wanted, *, at: datetime) -> Document:
        return await self.catalog.facets(reader, wanted, at)

    async def detail(self, project: Project, *, at: datetime) -> Detail:
        return (await self._details([project], at))[0]

    async def newly_published(self, *, at: datetime) -> list[Detail]:
        return await self._seen_of(await self.catalog.published_last(50), None, at)

    async def _seen_of(self, ids: Sequence[ProjectId], reader: Actor | None, at: datetime) -> list[Detail]:
        """Read them in this order; what has gone out of sight since the catalog was asked is left out."""
        found = {project.id: project for project in await self.projects.find({"_id": {"$in": list(ids)}})}
        return await self._details([found[id] for id in ids if id in found and found[id].is_seen_by(reader)], at)

    async def _details(self, projects: Sequence[Project], at: datetime) -> list[Detail]:
        ids = [project.id for project in projects]
        mentors = sorted({mentor for project in projects for mentor in project.mentors})
        planned, people, paid = await asyncio.gather(
            self._terms_of(ids), self.people.find({"_id": {"$in": mentors}}), self._pay_of(ids)
        )
        known = {person.id: person for person in people}
        return [
            Detail(
                project,
                [(term, term.label(at)) for term in planned[project.id]],
                [known[mentor] for mentor in project.mentors if mentor in known],
                paid.get(project.id),
            )
            for project in projects
        ]

    async def _terms_of(self, ids: Sequence[ProjectId]) -> Mapping[ProjectId, list[Term]]:
        planned: dict[ProjectId, list[Term]] = defaultdict(list)
        for term in await self.terms.find({"project_id": {"$in": list(ids)}}, sort="window_opens_at"):
            planned[term.project_id].append(term)
        return planned

    async def _pay_of(self, ids: Sequence[ProjectId]) -> Mapping[ProjectId, bool]:
        return {policy.id: policy.pays for policy in await self.policies.find({"_id": {"$in": list(ids)}})}

    async def remember_policy(self, event: StipendPolicySet) -> None:
        """Keep whether the project pays, also for the catalog."""
        await self.policies.remember(event)
        await self.catalog.pay(event.id, paid=event.kind is not PolicyKind.NONE)

    async def rebuild_catalog(self) -> None:
        """Make the catalog anew out of what it was made of; beside a running service, and as often as one likes."""
        async for document in self.projects.documents.each({}):
            await self._store.transaction(partial(self._show, ProjectId(document["_id"])))

    async def _show(self, id: ProjectId) -> None:
        policy = await self.policies.get(id)
        await self.catalog.show(await self.projects.get(id))
        await self.catalog.place(id, await self.terms.of(id))
        if policy is not None:
            await self.catalog.pay(id, paid=policy.pays)

    async def audience_of(self, event: Event) -> Audience | None:
        """Say who is told of one of our own events: whoever may see what it is about."""
        if isinstance(event, ProjectEvent):
            return _audience_of_project(event)
        if isinstance(event, TermEvent):
            return Audience((await self.projects.get(event.project_id)).is_seen_by)
        if isinstance(event, MentorInvitationEvent | MentorRequestEvent):
            project = await self.projects.get(event.project_id)
            return Audience(_among({*project.administrators, getattr(event, "account_id", "")}))
        return None


def _audience_of_project(event: ProjectEvent) -> Audience:
    people = _among({*event.administrators, *event.mentors}, staff=True)
    published = event.status is ProjectStatus.PUBLISHED and not isinstance(event, BETWEEN_US)
    return Audience(
        sees=lambda reader: published or people(reader),
        loses=lambda reader: isinstance(event, OUT_OF_SIGHT) or (reader is not None and reader.id == _who_left(event)),
    )


def _who_left(event: ProjectEvent) -> AccountId | None:
    if isinstance(event, MentorLeft):
        return event.mentor_id
    return event.administrator_id if isinstance(event, AdministratorLeft) else None


def _among(accounts: Collection[str], *, staff: bool = False) -> Callable[[Actor | None], bool]:
    """Say whether a reader is one of these, or of the staff where they see it too."""
    return lambda reader: reader is not None and (reader.id in accounts or (staff and reader.has(STAFF)))
