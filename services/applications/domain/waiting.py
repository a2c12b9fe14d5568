"""The wait list: who waits in which order, and who is offered a place by itself once one is free."""

from datetime import datetime, timedelta

from contracts.applications import (
    ApplicationReconsidered,
    ApplicationStatus,
    ApplicationWaitlisted,
    Attendance,
)
from services.applications.domain.application import Application, offer
from services.applications.domain.known import Project, Term
from services.chassis.domain import Actor, Change, NotInThisState


def waitlist(
    application: Application,
    project: Project,
    *,
    attendance: Attendance | None,
    rank: int,
    by: Actor,
    at: datetime,
) -> Change[Application]:
    """Keep the applicant waiting; with an attendance they are offered a place by itself once it is their turn."""
    application.must_be_decided_by(by, project)
    waiting = application.move(
        ApplicationStatus.WAITLISTED, by=by, at=at, waits_since=at, waits_for=attendance, rank=rank
    )
    return waiting.tell(ApplicationWaitlisted, by=by, at=at)


def arrange(
    application: Application, project: Project, *, attendance: Attendance | None, rank: int, by: Actor
) -> Change[Application]:
    """Place somebody who waits elsewhere in the line, or let them wait for an administrator's word."""
    application.must_be_decided_by(by, project)
    if application.status is not ApplicationStatus.WAITLISTED:
        raise NotInThisState(f"The application is {application.status}, not on the wait list.")
    return Change(application.evolve(waits_for=attendance, rank=rank))


def reconsider(application: Application, project: Project, *, by: Actor, at: datetime) -> Change[Application]:
    """Take it off the wait list; it is undecided again."""
    application.must_be_decided_by(by, project)
    pending = application.move(ApplicationStatus.PENDING, by=by, at=at)
    return pending.tell(ApplicationReconsidered, by=by, at=at)


def offer_place(
    application: Application, *, term: Term, valid: timedelta, by: Actor, at: datetime
) -> Change[Application]:
    """Accept the next in line with the attendance that was chosen when they were put there."""
    if application.status is not ApplicationStatus.WAITLISTED or application.waits_for is None:
        raise NotInThisState("This application waits for an administrator's word.")
    return offer(application, attendance=application.waits_for, term=term, valid=valid, by=by, at=at)
