"""Enrollments and their people."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict

from contracts.event import Event
from contracts.ids import AccountId, ProjectId

CONTRIBUTOR_COVENANT: Final = "https://www.contributor-covenant.org/version/2/1/code_of_conduct/"


class ProjectStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REJECTED = "rejected"
    ARCHIVED = "archived"


class PrerequisiteTemplate(BaseModel):
    """What every applicant is asked to do before the decision; copied into a task when somebody applies."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    description: str
    due_on: date | None = None
    file_required: bool = False
    """Whether the task can only be handed in with a file."""


class ApplicationQuestion(BaseModel):
    """What every applicant is asked; the id stays when the wording changes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    text: str


class EvaluationQuestion(BaseModel):
    """What every evaluation answers; the id stays when the wording changes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    text: str
    shown: bool = False
    """Whether the mentee sees the answer."""


class ProjectEvent(Event):
    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.events"
    noun: ClassVar[str] = "project"

    id: ProjectId
    slug: str
    name: str
    description: str
    status: ProjectStatus
    repository_url: str | None = None
    website_url: str | None = None
    code_of_conduct_url: str = CONTRIBUTOR_COVENANT
    best_practices_id: int | None = None
    """The project's number at the OpenSSF Best Practices badge."""
    accent_color: str | None = None
    """`#rrggbb`, lower case."""
    logo: str | None = None
    """The picture's hash (SHA-256, hexadecimal): `/v1/projects/{id}/logo?v={logo}`."""
    technologies: tuple[str, ...] = ()
    skills: tuple[str, ...]
    """What a mentee must know."""
    desirable_skills: tuple[str, ...] = ()
    prerequisites: tuple[PrerequisiteTemplate, ...]
    ai_use_policy: str = ""
    application_questions: tuple[ApplicationQuestion, ...] = ()
    evaluation_questions: tuple[EvaluationQuestion, ...] = ()
    blind_review: bool = False
    """Whether reviewers see each other's reviews only after giving their own."""
    administrators: tuple[AccountId, ...]
    mentors: tuple[AccountId, ...]


class ProjectDrafted(ProjectEvent):
    """Somebody began an enrollment and is its administrator."""

    type: Literal["project.drafted.v1"] = "project.drafted.v1"


class ProjectEdited(ProjectEvent):
    """An administrator changed what the project says of itself."""

    type: Literal["project.edited.v1"] = "project.edited.v1"


class ProjectSubmitted(ProjectEvent):
    """An administrator asked staff for review."""

    type: Literal["project.submitted.v1"] = "project.submitted.v1"


class ProjectPublished(ProjectEvent):
    """Staff accepted the enrollment; the public sees it."""

    type: Literal["project.published.v1"] = "project.published.v1"


class ProjectRejected(ProjectEvent):
    """Staff sent the enrollment back; it can be edited and submitted again."""

    type: Literal["project.rejected.v1"] = "project.rejected.v1"
    reason: str


class ProjectChangeProposed(ProjectEvent):
    """An administrator wants to change what staff approved; the picture stays the approved one until staff decide."""

    type: Literal["project-change.proposed.v1"] = "project-change.proposed.v1"


class ProjectChangeApproved(ProjectEvent):
    """Staff accepted a proposed change; the public sees it."""

    type: Literal["project-change.approved.v1"] = "project-change.approved.v1"


class ProjectChangeRejected(ProjectEvent):
    """Staff did not accept a proposed change; the public goes on seeing what was approved before."""

    type: Literal["project-change.rejected.v1"] = "project-change.rejected.v1"
    reason: str


class ProjectHidden(ProjectEvent):
    """An administrator took it out of the public's sight; it may come back."""

    type: Literal["project.hidden.v1"] = "project.hidden.v1"


class ProjectUnhidden(ProjectEvent):
    """An administrator showed it to the public again."""

    type: Literal["project.unhidden.v1"] = "project.unhidden.v1"


class ProjectArchived(ProjectEvent):
    """An administrator put it away for good."""

    type: Literal["project.archived.v1"] = "project.archived.v1"


class MentorJoined(ProjectEvent):
    """A person became mentor of the project."""

    type: Literal["mentor.joined.v1"] = "mentor.joined.v1"
    mentor_id: AccountId


class MentorLeft(ProjectEvent):
    """A mentor left, or an administrator removed them."""

    type: Literal["mentor.left.v1"] = "mentor.left.v1"
    mentor_id: AccountId
    replaced_by: AccountId | None = None
    """The member who answers for this person's mentees from now on; a mentor since then at the latest."""


class AdministratorJoined(ProjectEvent):
    """A person became administrator of the project."""

    type: Literal["administrator.joined.v1"] = "administrator.joined.v1"
    administrator_id: AccountId


class AdministratorLeft(ProjectEvent):
    """An administrator left or was removed by another; they are no mentor any more either."""

    type: Literal["administrator.left.v1"] = "administrator.left.v1"
    administrator_id: AccountId
    replaced_by: AccountId | None = None
    """The member who answers from now on for the mentees of an administrator who mentored too."""
