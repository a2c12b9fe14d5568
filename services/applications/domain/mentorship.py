"""A mentorship under way, and its ends: graduated when three gates are passed, failed for a reason.

Its milestone tasks are counted where it may end, so that neither overtakes the other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contracts.applications import (
    ApplicationExtended,
    ApplicationFailed,
    ApplicationGraduated,
    ApplicationStatus,
    Milestone,
    Verdict,
)
from services.applications.domain.application import Application, ReasonMissing
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.known import Project
from services.applications.domain.step import Extension
from services.chassis.domain import Actor, Change, Conflict, NotInThisState, RuleBroken

MOST_WEEKS: Final = 5
"""By which a mentorship is extended, in all."""


class NotReadyToGraduate(Conflict):
    """Something is missing; every such thing is named."""


class ExtensionTooLong(RuleBroken):
    """A mentorship is extended by a few weeks in all, and not by none."""


def count_milestone(application: Application) -> Change[Application]:
    """Count a milestone task as given."""
    return Change(application.evolve(open_milestones=application.open_milestones + 1))


def complete_milestone(application: Application) -> Change[Application]:
    """Count a milestone task as completed."""
    return Change(application.evolve(open_milestones=application.open_milestones - 1))


def extend(application: Application, project: Project, *, weeks: int, by: Actor, at: datetime) -> Change[Application]:
    """Move the end of an active mentorship; what is due later than today moves with it."""
    application.must_be_decided_by(by, project)
    if application.status is not ApplicationStatus.ACTIVE:
        raise NotInThisState(f"The application is {application.status}; only an active mentorship is extended.")
    left = MOST_WEEKS - application.extended_weeks
    if not 1 <= weeks <= left:
        raise ExtensionTooLong(f"Mentorships are extended by {MOST_WEEKS} weeks at most; of these {left} are left.")
    extensions = (*application.extensions, Extension(weeks=weeks, by=by.id, at=at))
    extended = application.evolve(extended_weeks=application.extended_weeks + weeks, extensions=extensions)
    return extended.tell(ApplicationExtended, weeks=weeks, by=by, at=at)


def graduate(
    application: Application, project: Project, evaluations: Sequence[Evaluation], *, by: Actor, at: datetime
) -> Change[Application]:
    """End the mentorship well. Raises `NotReadyToGraduate` with all that is missing."""
    application.must_be_decided_by(by, project)
    graduated = application.move(ApplicationStatus.GRADUATED, by=by, at=at)
    if missing := missing_to_graduate(application, evaluations):
        raise NotReadyToGraduate(" ".join(missing))
    return graduated.tell(ApplicationGraduated, by=by, at=at)


def missing_to_graduate(application: Application, evaluations: Sequence[Evaluation]) -> list[str]:
    """Say in words which gates are closed yet."""
    missing = []
    if count := application.open_milestones:
        missing.append(f"{count} milestone task{'s are' if count > 1 else ' is'} not completed.")
    final = next((each for each in evaluations if each.milestone is Milestone.FINAL), None)
    if final is None or final.verdict is None:
        missing.append("The final evaluation is not recorded.")
    elif final.verdict is not Verdict.SATISFACTORY:
        missing.append(f"The final evaluation is {final.verdict}.")
    if final is None or final.feedback is None:
        missing.append("The mentee has not given feedback with the final evaluation.")
    return missing


def fail(
    application: Application,
    project: Project,
    evaluations: Sequence[Evaluation],
    *,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change[Application]:
    """End the mentorship for a reason: the one stated, or else an unsatisfactory evaluation."""
    application.must_be_decided_by(by, project)
    message = reason or _shortfall(evaluations)
    failed = application.move(ApplicationStatus.FAILED, by=by, at=at, why=message, message=message)
    if not message:
        raise ReasonMissing("State a reason, or have an unsatisfactory evaluation recorded before.")
    return failed.tell(ApplicationFailed, by=by, at=at)


def _shortfall(evaluations: Sequence[Evaluation]) -> str:
    found = [each.milestone for each in evaluations if each.verdict is Verdict.UNSATISFACTORY]
    return f"The {found[-1]} evaluation is unsatisfactory." if found else ""
