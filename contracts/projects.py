"""What projects tells: enrollments and their people, terms, mentor invitations."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict

from contracts.event import Event
from contracts.ids import AccountId, MentorInvitationId, ProjectId, TermId
from contracts.time import Instant

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


class AdministratorJoined(ProjectEvent):
    """A person became administrator of the project."""

    type: Literal["administrator.joined.v1"] = "administrator.joined.v1"
    administrator_id: AccountId


class AdministratorLeft(ProjectEvent):
    """An administrator left or was removed by another; they are no mentor any more either."""

    type: Literal["administrator.left.v1"] = "administrator.left.v1"
    administrator_id: AccountId


class TermEvent(Event):
    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.events"
    noun: ClassVar[str] = "term"

    id: TermId
    project_id: ProjectId
    name: str
    window_opens_at: Instant
    window_closes_at: Instant
    starts_at: Instant
    ends_at: Instant
    results_at: Instant | None = None
    """Until then decisions are held back from applicants; None holds nothing back."""
    capacity: int


class TermPlanned(TermEvent):
    """An administrator set a run of the project."""

    type: Literal["term.planned.v1"] = "term.planned.v1"


class TermEdited(TermEvent):
    """An administrator changed what lies ahead of the term."""

    type: Literal["term.edited.v1"] = "term.edited.v1"


class TermReopened(TermEvent):
    """An administrator opened the application window again."""

    type: Literal["term.reopened.v1"] = "term.reopened.v1"


class TermDeleted(TermEvent):
    """An administrator took back a term that nobody had applied to; the last word on it."""

    type: Literal["term.deleted.v1"] = "term.deleted.v1"


class TermOpened(TermEvent):
    """The application window's first instant has passed."""

    type: Literal["term.opened.v1"] = "term.opened.v1"


class TermClosed(TermEvent):
    """The application window's last instant has passed, or an administrator closed it early."""

    type: Literal["term.closed.v1"] = "term.closed.v1"


class TermStarted(TermEvent):
    """The mentorships of the term begin."""

    type: Literal["term.started.v1"] = "term.started.v1"


class TermEnded(TermEvent):
    """The mentorships of the term are over."""

    type: Literal["term.ended.v1"] = "term.ended.v1"


class InvitationStatus(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"


class MemberRole(StrEnum):
    """What somebody is in a project."""

    MENTOR = "mentor"
    ADMINISTRATOR = "administrator"


class MentorInvitationEvent(Event):
    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.events"
    noun: ClassVar[str] = "mentor-invitation"

    id: MentorInvitationId
    project_id: ProjectId
    status: InvitationStatus
    role: MemberRole = MemberRole.MENTOR
    expires_at: Instant


class MentorInvitationSent(MentorInvitationEvent):
    """An administrator invited somebody by mail, or did so again; the address stays with projects."""

    type: Literal["mentor-invitation.sent.v1"] = "mentor-invitation.sent.v1"


class MentorInvitationAccepted(MentorInvitationEvent):
    """The invited person said yes."""

    type: Literal["mentor-invitation.accepted.v1"] = "mentor-invitation.accepted.v1"
    account_id: AccountId


class MentorInvitationDeclined(MentorInvitationEvent):
    """The invited person said no."""

    type: Literal["mentor-invitation.declined.v1"] = "mentor-invitation.declined.v1"
    account_id: AccountId


class MentorInvitationRevoked(MentorInvitationEvent):
    """An administrator took the invitation back before it was answered."""

    type: Literal["mentor-invitation.revoked.v1"] = "mentor-invitation.revoked.v1"
