"""Undoing: a withdrawal or a decline is taken back, soon, by whoever did it, and all is as it was before."""

from datetime import datetime, timedelta
from typing import Final

from contracts.applications import ApplicationReinstated, ApplicationStatus
from services.applications.domain.application import Application, OfferExpired, offered_until
from services.applications.domain.case import Limits
from services.applications.domain.known import Project, Term
from services.applications.domain.verdict import EligibilityVerdict, NotEligible
from services.chassis.domain import Actor, Change, Conflict, NotAllowed, NotInThisState

UNDOABLE: Final = frozenset({ApplicationStatus.WITHDRAWN, ApplicationStatus.DECLINED})
WITHIN: Final = timedelta(hours=24)
STILL_ASKED: Final = frozenset({"already_applied", "too_many_applications", "serves_project", "engaged"})
"""What may have come up since; the rest of eligibility was judged when they applied."""


class TooLateToUndo(Conflict):
    """More than a day has passed, or neither window nor capacity allows it any more."""


def undo(
    application: Application,
    project: Project,
    *,
    term: Term,
    limits: Limits,
    valid: timedelta,
    place_free: bool,
    verdict: EligibilityVerdict,
    by: Actor,
    at: datetime,
) -> Change[Application]:
    """Go back to what it was. `verdict` is the one of now, this application aside."""
    application.must_be_seen_by(by, project)
    if by.id != application.mentee_id and not project.has_administrator(by):
        raise NotAllowed("Mentors advise; what they did not do they do not undo.")
    if application.status not in UNDOABLE:
        raise NotInThisState(f"The application is {application.status}; a withdrawal or a decline can be undone.")
    done, to = application.history[-1], ApplicationStatus(application.history[-2].status)
    if to is ApplicationStatus.WITHDRAWN:
        raise NotInThisState("The withdrawal was undone; what was before it stands.")
    if done.by != by.id:
        raise NotAllowed(
            f"Only who {'withdrew' if application.status is ApplicationStatus.WITHDRAWN else 'declined'} can undo it."
        )
    if at >= done.at + WITHIN:
        raise TooLateToUndo("It can be undone within 24 hours.")
    if to is ApplicationStatus.PENDING and not place_free and at >= term.window_closes_at + limits.grace:
        raise TooLateToUndo("The application window has closed, and every place of the term is taken.")
    if against := [reason.text for reason in verdict.reasons if reason.code in STILL_ASKED]:
        raise NotEligible(" ".join(against))
    return _back(application, to, term, valid, by, at)


def _back(
    application: Application, to: ApplicationStatus, term: Term, valid: timedelta, by: Actor, at: datetime
) -> Change[Application]:
    until = None
    if to is ApplicationStatus.ACCEPTED and application.accepted_at is not None:
        until = offered_until(term, valid, application.accepted_at)
        if at >= until:
            raise OfferExpired(f"The offer was good until {until:%Y-%m-%d %H:%M} UTC.")
    return application.back_to(to, by=by, at=at, offer_expires_at=until).tell(ApplicationReinstated, by=by, at=at)
