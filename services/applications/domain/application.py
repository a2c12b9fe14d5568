"""An application, from the wish to join a term to the end of the mentorship.

pending → accepted → active → graduated
   ↓ ↑        ↓         ↓
waitlisted  declined  failed            withdrawn from pending, waitlisted, accepted, active
   ↓
accepted | declined
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from contracts.applications import (
    ApplicationAccepted,
    ApplicationDeclined,
    ApplicationStatus,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Attendance,
    PrerequisitesCompleted,
)
from contracts.ids import AccountId, ApplicationId, ProjectId, TermId
from contracts.money import Country
from contracts.time import Instant
from services.applications.domain.agreement import Agreement
from services.applications.domain.known import Mentee, Project, Term
from services.applications.domain.outlook import what_next
from services.applications.domain.step import Extension, Step
from services.applications.domain.verdict import EligibilityVerdict, NotEligible
from services.applications.domain.wish import Answer, Wish
from services.chassis.domain import (
    Actor,
    Aggregate,
    Change,
    Conflict,
    NotAllowed,
    NotFound,
    NotInThisState,
    RuleBroken,
)

Status = ApplicationStatus

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.ACCEPTED, Status.WAITLISTED, Status.DECLINED, Status.WITHDRAWN}),
    Status.WAITLISTED: frozenset({Status.PENDING, Status.ACCEPTED, Status.DECLINED, Status.WITHDRAWN}),
    Status.ACCEPTED: frozenset({Status.ACTIVE, Status.DECLINED, Status.WITHDRAWN}),
    Status.ACTIVE: frozenset({Status.GRADUATED, Status.FAILED, Status.WITHDRAWN}),
}
ENGAGED: Final = frozenset({Status.ACCEPTED, Status.ACTIVE, Status.GRADUATED})
"""A person has at most one application of these, over all projects; each of them holds a place of its term."""
OFFER_EXPIRED: Final = "offer_expired"
LAST: Final = 10_000
"""The rank on the wait list of whoever was given none: those of one rank take their turns by how long they wait."""


class ApplicationUnknown(NotFound):
    """There is no such application, or it is not for this reader."""


class AlreadyEngaged(Conflict):
    """The person is accepted, active or graduated in another place."""


class OfferExpired(Conflict):
    """The time to confirm is over."""


class ReasonMissing(RuleBroken):
    """A mentorship is not ended by its administrators without a word why."""


class Application(Aggregate):
    concerns: ClassVar = ("mentee_id",)

    id: ApplicationId
    project_id: ProjectId
    term_id: TermId
    mentee_id: AccountId
    status: Status = Status.PENDING
    country: Country
    """Where the mentee lived when applying."""
    statement: str
    answers: tuple[Answer, ...] = ()
    availability: str = ""
    ai_use: str = ""
    applied_at: Instant
    open_prerequisites: int
    """How many prerequisite tasks are not completed."""
    prerequisites_completed_at: Instant | None = None
    open_milestones: int = 0
    """How many milestone tasks are not completed."""
    waits_since: Instant | None = None
    """When it was last put on the wait list."""
    waits_for: Attendance | None = None
    """With which it is accepted by itself when it is its turn; None waits for an administrator's word."""
    rank: int = LAST
    """The place in the line; the lowest is next."""
    attendance: Attendance | None = None
    accepted_at: Instant | None = None
    offer_expires_at: Instant | None = None
    """Set while it is accepted and not confirmed."""
    reason_code: str | None = None
    message: str = ""
    """With a decline or another end, to whoever did not bring it about."""
    agreement: Agreement | None = None
    extended_weeks: int = 0
    extensions: tuple[Extension, ...] = ()
    verdict: EligibilityVerdict | None = None
    """On eligibility, when applying."""
    history: tuple[Step, ...] = ()

    @property
    def is_over(self) -> bool:
        """Nothing more can become of it."""
        return self.status not in NEXT

    @property
    def is_engaged(self) -> bool:
        return self.status in ENGAGED

    @property
    def what_next(self) -> str:
        """Say in words what happens next."""
        return what_next(self)

    def move(self, to: Status, *, by: Actor, at: datetime, why: str = "", **changes: Any) -> Self:
        """Go on to another status, noting who and when; an offer ends with the status it was made in."""
        if to not in NEXT.get(self.status, ()):
            raise NotInThisState(f"An application that is {self.status} cannot become {to}.")
        return self._become(to, by, at, why, **changes)

    def back_to(self, before: Status, *, by: Actor, at: datetime, **changes: Any) -> Self:
        """Be what it was before the newest step, of which nothing is left but that it was made."""
        return self._become(before, by, at, "", reason_code=None, message="", **changes)

    def _become(self, to: Status, by: Actor, at: datetime, why: str, **changes: Any) -> Self:
        step = Step(status=to, by=by.id, at=at, why=why)
        return self.evolve(**{"status": to, "offer_expires_at": None, "history": (*self.history, step), **changes})

    def is_seen_by(self, reader: Actor, project: Project) -> bool:
        return reader.id == self.mentee_id or project.has_member(reader)

    def must_be_seen_by(self, reader: Actor, project: Project) -> None:
        """What you may not see is not there."""
        if not self.is_seen_by(reader, project):
            raise ApplicationUnknown(f"There is no application {self.id!r}.")

    def must_be_decided_by(self, by: Actor, project: Project) -> None:
        """Refuse all but the project's administrators: mentors advise, and nobody decides about themself."""
        self.must_be_seen_by(by, project)
        if by.id == self.mentee_id:
            raise NotAllowed("This is your own application; an administrator of the project decides about it.")
        if not project.has_administrator(by):
            raise NotAllowed("Only an administrator of the project decides applications; mentors advise.")

    def must_be_of(self, by: Actor, project: Project) -> None:
        self.must_be_seen_by(by, project)
        if by.id != self.mentee_id:
            raise NotAllowed("Only whoever applied can do this.")


def apply(
    id: str,
    *,
    mentee: Mentee,
    term: Term,
    project: Project,
    verdict: EligibilityVerdict,
    wish: Wish,
    by: Actor,
    at: datetime,
) -> Change[Application]:
    """Ask to join a term. Raises `NotEligible` with every reason."""
    if not verdict.eligible or mentee.country is None:
        raise NotEligible(verdict.in_words())
    wish.must_fit(project)
    application = Application(
        id=ApplicationId(id),
        project_id=term.project_id,
        term_id=term.id,
        mentee_id=mentee.id,
        country=mentee.country,
        statement=wish.statement,
        answers=wish.answered(project),
        availability=wish.availability,
        ai_use=wish.ai_use,
        applied_at=at,
        open_prerequisites=len(project.prerequisites),
        verdict=verdict,
        history=(Step(status=Status.PENDING, by=by.id, at=at),),
    )
    return application.tell(ApplicationSubmitted, by=by, at=at)


def complete_prerequisite(application: Application, *, by: Actor, at: datetime) -> Change[Application]:
    """Count one prerequisite task as completed; the last one is told."""
    fewer = application.evolve(open_prerequisites=application.open_prerequisites - 1)
    return Change(fewer) if fewer.open_prerequisites else complete_prerequisites(fewer, by=by, at=at)


def complete_prerequisites(application: Application, *, by: Actor, at: datetime) -> Change[Application]:
    """Record that nothing is left to be done before the decision, once."""
    if application.prerequisites_completed_at is not None:
        raise NotInThisState("The prerequisites of this application were completed before.")
    return application.evolve(prerequisites_completed_at=at).tell(PrerequisitesCompleted, by=by, at=at)


def accept(
    application: Application,
    project: Project,
    *,
    attendance: Attendance,
    term: Term,
    valid: timedelta,
    by: Actor,
    at: datetime,
) -> Change[Application]:
    """Choose this applicant, who then has `valid` to confirm."""
    application.must_be_decided_by(by, project)
    return offer(application, attendance=attendance, term=term, valid=valid, by=by, at=at)


def offer(
    application: Application, *, attendance: Attendance, term: Term, valid: timedelta, by: Actor, at: datetime
) -> Change[Application]:
    until = offered_until(term, valid, at)
    accepted = application.move(
        Status.ACCEPTED, by=by, at=at, attendance=attendance, accepted_at=at, offer_expires_at=until
    )
    return accepted.tell(ApplicationAccepted, by=by, at=at)


def offered_until(term: Term, valid: timedelta, accepted_at: datetime) -> datetime:
    """Give the end of the offer, whose time begins when the mentee is told of it."""
    return max(accepted_at, term.results_at or accepted_at) + valid


def prolong_offer(application: Application, *, term: Term, valid: timedelta) -> Change[Application]:
    """Let the offer end later where results are announced later than was said when it was made."""
    if application.offer_expires_at is None or application.accepted_at is None:
        raise NotInThisState("There is no offer.")
    until = offered_until(term, valid, application.accepted_at)
    if until <= application.offer_expires_at:
        return Change(application)
    return Change(application.evolve(offer_expires_at=until))


def decline(
    application: Application, project: Project, *, reason_code: str, message: str, by: Actor, at: datetime
) -> Change[Application]:
    application.must_be_decided_by(by, project)
    return _decline(application, reason_code, message, by=by, at=at)


def expire(application: Application, *, by: Actor, at: datetime) -> Change[Application]:
    """End an offer that was not confirmed in time."""
    if application.offer_expires_at is None or at < application.offer_expires_at:
        raise NotInThisState("There is no offer that has expired.")
    return _decline(application, OFFER_EXPIRED, "The offer was not confirmed in time.", by=by, at=at)


def _decline(
    application: Application, reason_code: str, message: str, *, by: Actor, at: datetime
) -> Change[Application]:
    why = f"({reason_code.replace('_', ' ')}){': ' if message else ''}{message}"
    declined = application.move(Status.DECLINED, by=by, at=at, why=why, reason_code=reason_code, message=message)
    return declined.tell(ApplicationDeclined, by=by, at=at)


def withdraw(
    application: Application, project: Project, *, term: Term, reason: str, by: Actor, at: datetime
) -> Change[Application]:
    """Leave, as the mentee; or, as an administrator and with a reason, take an active mentee out.

    Who does not know yet that they were declined may leave too: a refusal would tell them.
    """
    if application.status is Status.ACTIVE and by.id != application.mentee_id and project.has_administrator(by):
        if not reason:
            raise ReasonMissing("Say why this mentorship ends; the mentee reads it.")
    else:
        application.must_be_of(by, project)
    if application.status is Status.DECLINED and not term.has_announced(at):
        application = application.model_copy(update={"status": Status.PENDING})
    withdrawn = application.move(Status.WITHDRAWN, by=by, at=at, why=reason, message=reason)
    return withdrawn.tell(ApplicationWithdrawn, by=by, at=at)
