"""A project, from draft to the public and out of sight again.

draft → submitted → published ⇄ hidden → archived
          ↓   ↑        └──────────────→ archived
        rejected
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import ApplicationStatus
from contracts.ids import AccountId, ActorId, ProjectId
from contracts.projects import (
    CONTRIBUTOR_COVENANT,
    ApplicationQuestion,
    EvaluationQuestion,
    PrerequisiteTemplate,
    ProjectArchived,
    ProjectDrafted,
    ProjectHidden,
    ProjectPublished,
    ProjectRejected,
    ProjectStatus,
    ProjectSubmitted,
    ProjectUnhidden,
)
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotAllowed, NotFound, NotInThisState, RuleBroken
from services.chassis.versioned import VersionedText
from services.projects.domain.conditions import must_be_in_force

STAFF: Final = "staff"

NEXT: Final[Mapping[ProjectStatus, frozenset[ProjectStatus]]] = {
    ProjectStatus.DRAFT: frozenset({ProjectStatus.SUBMITTED}),
    ProjectStatus.SUBMITTED: frozenset({ProjectStatus.PUBLISHED, ProjectStatus.REJECTED}),
    ProjectStatus.REJECTED: frozenset({ProjectStatus.SUBMITTED}),
    ProjectStatus.PUBLISHED: frozenset({ProjectStatus.HIDDEN, ProjectStatus.ARCHIVED}),
    ProjectStatus.HIDDEN: frozenset({ProjectStatus.PUBLISHED, ProjectStatus.ARCHIVED}),
}
APPROVED: Final = frozenset({ProjectStatus.PUBLISHED, ProjectStatus.HIDDEN})
Tally = Mapping[ApplicationStatus, int]
"""How many applications of a project stand where."""
UNDECIDED: Final = frozenset({ApplicationStatus.PENDING, ApplicationStatus.WAITLISTED})
ENGAGED: Final = frozenset({ApplicationStatus.ACCEPTED, ApplicationStatus.ACTIVE})
RESERVED: Final = frozenset(
    {
        "terms-and-conditions",
        "import",
        "stream",
        "facets",
        "feed",
        "feed-atom",
        "calendar",
        "search",
        "mine",
        "me",
        "audit",
    }
)
"""Words that stand, or may come to stand, where a slug does in a path; no project is called by one of them there."""
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id, which no slug looks like."""


class Review(Protocol):
    """What staff decide about a project."""

    def __call__(self, project: "Project", *, by: Actor, at: datetime) -> "Change[Project]": ...


class ProjectUnknown(NotFound):
    """There is no such project, or it is not for this reader yet."""


class NameTaken(Conflict):
    """Another project has this name."""


class EnrollmentIncomplete(RuleBroken):
    """Something that a review needs is missing."""


class OwnProject(NotAllowed):
    """Nobody reviews a project that they administer."""


class ApplicationsOpen(Conflict):
    """Somebody's application to the project is not at its end."""


class ProposedChanges(BaseModel):
    """What the public does not see until staff approve it."""

    model_config = ConfigDict(frozen=True)

    changes: Mapping[str, str]
    """New values by field."""
    by: ActorId
    at: Instant


class Mentees(BaseModel):
    """How many people are mentored here now, and how many graduated; as far as applications has told."""

    model_config = ConfigDict(frozen=True)

    current: int = 0
    graduated: int = 0


class TermsAcceptance(BaseModel):
    """Who accepted which version of the terms and conditions, and when."""

    model_config = ConfigDict(frozen=True)

    by: ActorId
    at: Instant
    version: str


class Project(Aggregate):
    concerns: ClassVar = ("administrators", "mentors")

    id: ProjectId
    slug: str
    name: str
    status: ProjectStatus = ProjectStatus.DRAFT
    description: str = ""
    repository_url: str | None = None
    website_url: str | None = None
    code_of_conduct_url: str = CONTRIBUTOR_COVENANT
    best_practices_id: int | None = None
    accent_color: str | None = None
    logo: str | None = None
    technologies: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    desirable_skills: tuple[str, ...] = ()
    prerequisites: tuple[PrerequisiteTemplate, ...] = ()
    ai_use_policy: str = ""
    application_questions: tuple[ApplicationQuestion, ...] = ()
    evaluation_questions: tuple[EvaluationQuestion, ...] = ()
    blind_review: bool = False
    terms_accepted: TermsAcceptance | None = None
    administrators: tuple[AccountId, ...]
    mentors: tuple[AccountId, ...] = ()
    mentees: Mentees = Mentees()
    """Kept by the store outside of the version: nobody here decides it."""
    rejection: str | None = None
    published_at: Instant | None = None
    """When the public saw it first."""
    proposed: ProposedChanges | None = None

    def move(self, to: ProjectStatus, **changes: Any) -> Self:
        if to not in NEXT.get(self.status, ()):
            raise NotInThisState(f"A project that is {self.status} cannot become {to}.")
        return self.evolve(status=to, **changes)

    @property
    def people(self) -> frozenset[AccountId]:
        return frozenset({*self.administrators, *self.mentors})

    @property
    def waits_since(self) -> datetime | None:
        """Say since when it waits for staff: as a whole, or with proposed changes."""
        if self.status is ProjectStatus.SUBMITTED:
            return self.terms_accepted.at if self.terms_accepted else None
        return self.proposed.at if self.proposed else None

    @property
    def lacks(self) -> list[str]:
        """Name what staff and applicants need to read of it and do not find."""
        needed = {
            "a description": self.description,
            "a repository URL": self.repository_url,
            "at least one skill": self.skills,
        }
        return [what for what, there in needed.items() if not there]

    def must_not_be_archived(self) -> None:
        if self.status is ProjectStatus.ARCHIVED:
            raise NotInThisState("The project is archived; nothing changes in it any more.")

    def is_seen_by(self, reader: Actor | None) -> bool:
        """Say whether the reader may know of it: once published everybody, before that its people and staff."""
        if self.status is ProjectStatus.PUBLISHED:
            return True
        return reader is not None and (reader.has(STAFF) or reader.id in self.people)

    def as_seen_by(self, reader: Actor | None) -> Self:
        """Leave out what only its people and staff see, and what only its administrators and staff do."""
        if reader is not None and (reader.has(STAFF) or reader.id in self.administrators):
            return self
        if reader is not None and reader.id in self.mentors:
            return self.model_copy(update={"proposed": None})
        return self.model_copy(update={"proposed": None, "terms_accepted": None})

    def must_be_administered_by(self, by: Actor) -> None:
        """Refuse anybody else; whoever may not know of the project is not told that there is one."""
        if by.id in self.administrators:
            return
        if not self.is_seen_by(by):
            raise ProjectUnknown(f"There is no project {self.id!r}.")
        raise NotAllowed("Only an administrator of this project can do this.")

    def must_be_reviewed_by_another(self, by: Actor) -> None:
        """Refuse whoever is not staff, and staff who have a part in what is reviewed."""
        if not by.has(STAFF):
            self.must_be_administered_by(by)
        asked = {self.terms_accepted and self.terms_accepted.by, self.proposed and self.proposed.by}
        if by.id in {*self.administrators, *asked}:
            raise OwnProject("You have a part in this project; staff who have none in it review it.")


def slug_of(name: str) -> str:
    """Derive the slug from a name: lower case, ASCII, words joined by hyphens, at most 100 characters.

    A name that would be taken for an id or for another part of a path gets a word more.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100].rstrip("-") or "project"
    return f"{slug}-project" if slug in RESERVED or UUID.fullmatch(slug) else slug


def draft(
    id: str,
    *,
    name: str,
    slug: str,
    administrator: AccountId | None = None,
    by: Actor,
    at: datetime,
    **fields: Any,
) -> Change[Project]:
    """Begin an enrollment; whoever does so administers it, unless an operator does so for somebody else."""
    administrators = (administrator or AccountId(by.id),)
    project = Project(id=ProjectId(id), name=name, slug=slug, administrators=administrators, **fields)
    return project.tell(ProjectDrafted, by=by, at=at)


def accept_terms(project: Project, version: str, *, by: Actor, at: datetime) -> Project:
    return project.evolve(terms_accepted=TermsAcceptance(by=by.id, at=at, version=version))


def submit(
    project: Project,
    *,
    terms_version: str,
    versions: Sequence[VersionedText],
    planned_terms: int,
    by: Actor,
    at: datetime,
) -> Change[Project]:
    """Ask staff for review, accepting the terms and conditions. Source: domain.md, Project."""
    project.must_be_administered_by(by)
    must_be_in_force(terms_version, versions, at)
    missing = [*project.lacks, *([] if planned_terms else ["at least one term"])]
    if missing:
        raise EnrollmentIncomplete(f"Before review the project needs {', '.join(missing)}.")
    ready = accept_terms(project, terms_version, by=by, at=at)
    return ready.move(ProjectStatus.SUBMITTED, rejection=None).tell(ProjectSubmitted, by=by, at=at)


def publish(project: Project, *, by: Actor, at: datetime) -> Change[Project]:
    """Let the public see it."""
    project.must_be_reviewed_by_another(by)
    if project.status is ProjectStatus.HIDDEN:
        raise NotInThisState("The project was published before; an administrator of it can unhide it.")
    return project.move(ProjectStatus.PUBLISHED, published_at=at).tell(ProjectPublished, by=by, at=at)


def reject(project: Project, reason: str, *, by: Actor, at: datetime) -> Change[Project]:
    """Send it back with a reason."""
    project.must_be_reviewed_by_another(by)
    rejected = project.move(ProjectStatus.REJECTED, rejection=reason)
    return rejected.tell(ProjectRejected, by=by, at=at, reason=reason)


def hide(project: Project, tally: Tally, *, by: Actor, at: datetime) -> Change[Project]:
    """Take it out of the public's sight for a while."""
    project.must_be_administered_by(by)
    hidden = project.move(ProjectStatus.HIDDEN)
    _must_be_free_of(UNDECIDED | ENGAGED, tally, "hidden")
    return hidden.tell(ProjectHidden, by=by, at=at)


def unhide(project: Project, *, by: Actor, at: datetime) -> Change[Project]:
    """Show it to the public again; it was reviewed, and what was looked at has not changed."""
    project.must_be_administered_by(by)
    if project.status is not ProjectStatus.HIDDEN:
        raise NotInThisState(f"A project that is {project.status} is not hidden.")
    return project.move(ProjectStatus.PUBLISHED).tell(ProjectUnhidden, by=by, at=at)


def archive(project: Project, tally: Tally, *, by: Actor, at: datetime) -> Change[Project]:
    """Put it away for good."""
    project.must_be_administered_by(by)
    archived = project.move(ProjectStatus.ARCHIVED, proposed=None)
    _must_be_free_of(ENGAGED, tally, "archived")
    return archived.tell(ProjectArchived, by=by, at=at)


def _must_be_free_of(statuses: frozenset[ApplicationStatus], tally: Tally, wanted: str) -> None:
    there = [f"{tally[status]} {status}" for status in ApplicationStatus if status in statuses and tally.get(status)]
    if there:
        raise ApplicationsOpen(f"The project has applications that are {', '.join(there)}; it cannot be {wanted} yet.")
