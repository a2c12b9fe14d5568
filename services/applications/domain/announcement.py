"""Results held back: until a term announces them, an applicant is told nothing of what others decided about them."""

from datetime import datetime
from typing import Final

from contracts.applications import ApplicationStatus
from services.applications.domain.application import Application
from services.applications.domain.known import Term

HELD_BACK: Final = frozenset({ApplicationStatus.WAITLISTED, ApplicationStatus.ACCEPTED, ApplicationStatus.DECLINED})
BEGUN: Final = frozenset({ApplicationStatus.ACTIVE, ApplicationStatus.GRADUATED, ApplicationStatus.FAILED})
"""Of these the mentee knows: they confirmed."""


def as_told(application: Application, term: Term, at: datetime) -> Application:
    """Give the application as the applicant knows it at this instant: it is pending unless they left."""
    if term.has_announced(at) or application.status in BEGUN:
        return application
    own = [step for step in application.history[1:] if step.by == application.mentee_id]
    status = ApplicationStatus.PENDING if application.status in HELD_BACK else application.status
    return application.model_copy(
        update={
            "status": status,
            "attendance": None,
            "accepted_at": None,
            "offer_expires_at": None,
            "reason_code": None,
            "message": application.message if status is ApplicationStatus.WITHDRAWN else "",
            "history": (*application.history[:1], *own),
        }
    )
