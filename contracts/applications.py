"""What applications tells: who asked to join which term, their tasks, their evaluations, and what became of it."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import (
    AccountId,
    ApplicationId,
    CertificateId,
    EvaluationId,
    ProjectId,
    ReferralId,
    TaskId,
    TermId,
)
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


class TaskStatus(StrEnum):
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    COMPLETED = "completed"


class TaskKind(StrEnum):
    PREREQUISITE = "prerequisite"
    """Copied from the project's templates when somebody applies."""
    MILESTONE = "milestone"
    """Given to a mentee in the course of the mentorship."""


class TaskEvent(Event):
    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "task"

    id: TaskId
    application_id: ApplicationId
    status: TaskStatus
    name: str
    due_on: date | None
    kind: TaskKind = TaskKind.PREREQUISITE


class TaskAssigned(TaskEvent):
    """A mentee was given a task."""

    type: Literal["task.assigned.v1"] = "task.assigned.v1"


class TaskStarted(TaskEvent):
    """The mentee works on it."""

    type: Literal["task.started.v1"] = "task.started.v1"


class TaskSubmitted(TaskEvent):
    """The mentee handed it in."""

    type: Literal["task.submitted.v1"] = "task.submitted.v1"


class TaskReturned(TaskEvent):
    """A mentor or administrator gave it back with a comment."""

    type: Literal["task.returned.v1"] = "task.returned.v1"


class TaskCompleted(TaskEvent):
    """A mentor or administrator is content with it."""

    type: Literal["task.completed.v1"] = "task.completed.v1"


class TaskEdited(TaskEvent):
    """A mentor or administrator worded it differently or moved the day it is due."""

    type: Literal["task.edited.v1"] = "task.edited.v1"


class Milestone(StrEnum):
    """The evaluations of a mentorship, in their order."""

    FIRST = "first"
    MIDTERM = "midterm"
    THIRD = "third"
    FINAL = "final"


class Verdict(StrEnum):
    SATISFACTORY = "satisfactory"
    UNSATISFACTORY = "unsatisfactory"


class EvaluationEvent(Event):
    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "evaluation"

    id: EvaluationId
    application_id: ApplicationId
    milestone: Milestone
    due_on: date
    verdict: Verdict | None
    reevaluates: EvaluationId | None = None
    """The unsatisfactory one of the same milestone that this one gives another chance."""


class EvaluationScheduled(EvaluationEvent):
    """The mentorship was confirmed, or another chance given, so this evaluation is due."""

    type: Literal["evaluation.scheduled.v1"] = "evaluation.scheduled.v1"


class EvaluationMoved(EvaluationEvent):
    """The mentorship was extended, so this evaluation is due later."""

    type: Literal["evaluation.moved.v1"] = "evaluation.moved.v1"


class EvaluationEscalated(EvaluationEvent):
    """No mentor recorded it in a week; the project's administrators are asked."""

    type: Literal["evaluation.escalated.v1"] = "evaluation.escalated.v1"


class EvaluationRecorded(EvaluationEvent):
    """A mentor or administrator said how it goes."""

    type: Literal["evaluation.recorded.v1"] = "evaluation.recorded.v1"


class FeedbackGiven(EvaluationEvent):
    """The mentee gave feedback on mentor and project; its words are for few and never told."""

    type: Literal["feedback.given.v1"] = "feedback.given.v1"


class CertificateEvent(Event):
    """The code that proves a certificate stays with whoever graduated."""

    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "certificate"

    id: CertificateId
    application_id: ApplicationId
    project_id: ProjectId
    mentee_id: AccountId
    issued_at: Instant
    revoked_at: Instant | None
    listed: bool
    """Whether the graduate wants to be in the graduates' directory."""


class CertificateIssued(CertificateEvent):
    """A mentee graduated and has a letter of completion."""

    type: Literal["certificate.issued.v1"] = "certificate.issued.v1"


class CertificateRevoked(CertificateEvent):
    """Staff declared it void."""

    type: Literal["certificate.revoked.v1"] = "certificate.revoked.v1"


class CertificateListed(CertificateEvent):
    """The graduate put themself into the directory."""

    type: Literal["certificate.listed.v1"] = "certificate.listed.v1"


class CertificateUnlisted(CertificateEvent):
    """The graduate took themself out of the directory."""

    type: Literal["certificate.unlisted.v1"] = "certificate.unlisted.v1"


class ReferralStatus(StrEnum):
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class ReferralEvent(Event):
    """Who is who stays; how to reach them, and what was said, is for the two alone."""

    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "referral"

    id: ReferralId
    certificate_id: CertificateId
    graduate_id: AccountId
    sender_id: AccountId
    status: ReferralStatus


class ReferralRequested(ReferralEvent):
    """Somebody wants to get in touch with a graduate of the directory."""

    type: Literal["referral.requested.v1"] = "referral.requested.v1"


class ReferralAccepted(ReferralEvent):
    """The graduate said yes; both learn how to reach the other."""

    type: Literal["referral.accepted.v1"] = "referral.accepted.v1"


class ReferralDeclined(ReferralEvent):
    """The graduate said no."""

    type: Literal["referral.declined.v1"] = "referral.declined.v1"
