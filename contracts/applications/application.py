"""An application: who asked to join which term, and what became of it."""

from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId, ApplicationId, ProjectId, TermId
from contracts.money import Country
from contracts.time import Instant


class ApplicationStatus(StrEnum):
    PENDING = "pending"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    GRADUATED = "graduated"
    FAILED = "failed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Attendance(StrEnum):
    FULL_TIME = "full_time"
    PART_TIME = "part_time"


class ApplicationEvent(Event):
    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "application"

    id: ApplicationId
    project_id: ProjectId
    term_id: TermId
    mentee_id: AccountId
    status: ApplicationStatus
    country: Country
    """Where the mentee lived when applying."""
    attendance: Attendance | None
    prerequisites_completed_at: Instant | None
    accepted_at: Instant | None
    extended_weeks: int = 0
    """By how many weeks the mentorship ends later than its term, in all."""


class ApplicationSubmitted(ApplicationEvent):
    """A person applied to a term."""

    type: Literal["application.submitted.v1"] = "application.submitted.v1"


class PrerequisitesCompleted(ApplicationEvent):
    """Every prerequisite task of the application is completed; told once."""

    type: Literal["prerequisites.completed.v1"] = "prerequisites.completed.v1"


class ApplicationWaitlisted(ApplicationEvent):
    """An administrator keeps this applicant waiting for a place."""

    type: Literal["application.waitlisted.v1"] = "application.waitlisted.v1"


class ApplicationReconsidered(ApplicationEvent):
    """An administrator took this applicant off the wait list; the application is pending again."""

    type: Literal["application.reconsidered.v1"] = "application.reconsidered.v1"


class ApplicationAccepted(ApplicationEvent):
    """An administrator chose this applicant, or a place came free for them; the mentee has 14 days to confirm."""

    type: Literal["application.accepted.v1"] = "application.accepted.v1"


class ApplicationConfirmed(ApplicationEvent):
    """The mentee signed the participation agreement; the mentorship is active."""

    type: Literal["application.confirmed.v1"] = "application.confirmed.v1"


class ApplicationDeclined(ApplicationEvent):
    """An administrator declined, or the offer expired."""

    type: Literal["application.declined.v1"] = "application.declined.v1"
    reason_code: str


class ApplicationWithdrawn(ApplicationEvent):
    """The mentee withdrew, or an administrator ended the mentorship and said why."""

    type: Literal["application.withdrawn.v1"] = "application.withdrawn.v1"


class ApplicationReinstated(ApplicationEvent):
    """Whoever withdrew or declined it undid that; its status is what it was before."""

    type: Literal["application.reinstated.v1"] = "application.reinstated.v1"


class ApplicationExtended(ApplicationEvent):
    """An administrator moved the end of the mentorship, and with it all that is due later than that day."""

    type: Literal["application.extended.v1"] = "application.extended.v1"
    weeks: int
    """By how many this time."""


class ApplicationGraduated(ApplicationEvent):
    """The mentorship was completed: milestones, final evaluation and the mentee's feedback are all there."""

    type: Literal["application.graduated.v1"] = "application.graduated.v1"


class ApplicationFailed(ApplicationEvent):
    """An administrator ended the mentorship after an unsatisfactory evaluation, or for a stated reason."""

    type: Literal["application.failed.v1"] = "application.failed.v1"
