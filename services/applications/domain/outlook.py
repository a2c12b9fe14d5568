"""What happens next with an application, in words for the applicant."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from contracts.applications import ApplicationStatus

if TYPE_CHECKING:
    from services.applications.domain.application import Application


def _pending(application: "Application") -> str:
    if not application.open_prerequisites:
        return "Nothing is left for you to do. The project's administrators decide, and you get a mail."
    count = application.open_prerequisites
    tasks = f"{count} prerequisite task{'s' if count > 1 else ''}"
    return f"Complete your {tasks}. Then the project's administrators decide, and you get a mail."


def _accepted(application: "Application") -> str:
    if application.offer_expires_at is None:
        return "Sign the participation agreement to begin the mentorship."
    until = f"{application.offer_expires_at:%Y-%m-%d %H:%M} UTC"
    return f"Sign the participation agreement until {until}, or the offer expires and the place goes to somebody else."


WORDS: Final[Mapping[ApplicationStatus, Callable[["Application"], str]]] = {
    ApplicationStatus.PENDING: _pending,
    ApplicationStatus.WAITLISTED: lambda _: (
        "You are on the wait list. Once a place is free and it is your turn, you get an offer by mail."
    ),
    ApplicationStatus.ACCEPTED: _accepted,
    ApplicationStatus.ACTIVE: lambda _: (
        "The mentorship is under way. Work on your tasks; your mentors evaluate how it goes."
    ),
    ApplicationStatus.GRADUATED: lambda _: "You graduated. Your letter of completion is ready for download.",
    ApplicationStatus.FAILED: lambda _: (
        "The mentorship has ended. Ask the project's administrators if you have questions."
    ),
    ApplicationStatus.DECLINED: lambda _: "This application is closed. You may apply to other terms.",
    ApplicationStatus.WITHDRAWN: lambda _: (
        "This application is closed. Whoever withdrew it can undo that within 24 hours."
    ),
}


def what_next(application: "Application") -> str:
    return WORDS[application.status](application)
