"""What a project's people think of an application: advice to whoever decides, never shown to the applicant."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from contracts.applications import ApplicationStatus
from contracts.ids import ActorId, ApplicationId
from contracts.time import Instant
from services.applications.domain.application import Application
from services.applications.domain.known import Project
from services.chassis.domain import Actor, Aggregate, Change, Forbidden, NotAllowed, NotFound, NotInThisState

UNDECIDED: Final = frozenset({ApplicationStatus.PENDING, ApplicationStatus.WAITLISTED})


class ReviewUnknown(NotFound):
    """This person gave none."""


class ConflictOfInterest(Forbidden):
    """Whoever declared one neither reads reviews of the application, nor rates it, nor decides about it."""


class Review(Aggregate):
    """One for each application and reviewer."""

    concerns: ClassVar = ("reviewer_id",)

    application_id: ApplicationId
    reviewer_id: ActorId
    rating: int | None
    """1 to 5; none with a conflict of interest."""
    note: str = ""
    conflict_of_interest: bool = False
    given_at: Instant


def review_id(application_id: ApplicationId, reviewer: Actor) -> str:
    return f"{application_id}/{reviewer.id}"


def give(
    before: Review | None,
    application: Application,
    project: Project,
    *,
    rating: int | None,
    note: str,
    conflict_of_interest: bool,
    by: Actor,
    at: datetime,
) -> Change[Review]:
    """Rate it, or declare a conflict of interest; a declared one stays."""
    _must_be_reviewed_by(application, project, by)
    must_not_conflict(before)
    if not conflict_of_interest and application.status not in UNDECIDED:
        raise NotInThisState(f"The application is {application.status}; it is reviewed before the decision.")
    said = {
        "rating": None if conflict_of_interest else rating,
        "note": note,
        "conflict_of_interest": conflict_of_interest,
        "given_at": at,
    }
    if before:
        return Change(before.evolve(**said))
    whose = {"application_id": application.id, "reviewer_id": by.id}
    return Change(Review.model_validate({"id": review_id(application.id, by), **whose, **said}))


def shown(reviews: Sequence[Review], application: Application, project: Project, *, reader: Actor) -> Sequence[Review]:
    """Give what the reader may see: in blind review, until the decision, nothing before they gave their own."""
    _must_be_reviewed_by(application, project, reader)
    own = [each for each in reviews if each.reviewer_id == reader.id]
    for each in own:
        must_not_conflict(each)
    blind = project.blind_review and application.status in UNDECIDED
    return own if blind and not own else reviews


def must_not_conflict(own: Review | None) -> None:
    if own and own.conflict_of_interest:
        raise ConflictOfInterest("You declared a conflict of interest about this application; leave it to the others.")


def _must_be_reviewed_by(application: Application, project: Project, by: Actor) -> None:
    application.must_be_seen_by(by, project)
    if by.id == application.mentee_id or not project.has_member(by):
        raise NotAllowed("Reviews are given and read by the project's mentors and administrators.")
