"""The history of an application in words: who did what when, as far as the reader may know."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

from pydantic import BaseModel, ConfigDict

from contracts.applications import ApplicationStatus, TaskKind, TaskStatus
from contracts.ids import ActorId
from contracts.time import Instant
from services.applications.domain.application import Application
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.known import Project
from services.applications.domain.step import Step
from services.applications.domain.task import Task
from services.chassis.domain import Actor, NotAllowed, system

BY_ITSELF: Final = system("applications").id
DID: Final[Mapping[str, str]] = {
    ApplicationStatus.PENDING: "took the application off the wait list",
    ApplicationStatus.WAITLISTED: "put the application on the wait list",
    ApplicationStatus.ACCEPTED: "accepted the application",
    ApplicationStatus.ACTIVE: "signed the participation agreement; the mentorship began",
    ApplicationStatus.GRADUATED: "let the mentee graduate",
    ApplicationStatus.FAILED: "ended the mentorship as failed",
    ApplicationStatus.DECLINED: "declined the application",
    ApplicationStatus.WITHDRAWN: "withdrew the application",
}
UNDONE: Final[Mapping[str, str]] = {
    ApplicationStatus.DECLINED: "undid the decline",
    ApplicationStatus.WITHDRAWN: "undid the withdrawal",
}
"""What a step does that follows an end."""
DID_TO_A_TASK: Final[Mapping[str, str]] = {
    TaskStatus.ASSIGNED: "gave the task",
    TaskStatus.IN_PROGRESS: "started the task",
    TaskStatus.SUBMITTED: "handed in the task",
    TaskStatus.RETURNED: "returned the task",
    TaskStatus.COMPLETED: "completed the task",
}


class Happening(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: Instant
    by: ActorId
    what: str


class Entry(BaseModel):
    """A happening as one reader is told it."""

    model_config = ConfigDict(frozen=True)

    at: Instant
    by: ActorId | None
    """For the project's administrators, and about oneself."""
    who: str
    what: str


def happenings(application: Application, tasks: Iterable[Task], evaluations: Iterable[Evaluation]) -> list[Happening]:
    """Put all that happened in its order."""
    found = [*_of_application(application), *_of_extensions(application)]
    for task in tasks:
        found += _of_task(task)
    for evaluation in evaluations:
        found += [*_of_evaluation(evaluation), *_of_feedback(evaluation, ActorId(application.mentee_id))]
    return sorted(found, key=lambda happening: happening.at)


def tell(
    found: Iterable[Happening],
    application: Application,
    project: Project,
    names: Mapping[ActorId, str],
    *,
    reader: Actor,
) -> list[Entry]:
    """Tell administrators who it was, and the applicant in which role."""
    application.must_be_seen_by(reader, project)
    applied = reader.id == application.mentee_id
    if not applied and not project.has_administrator(reader):
        raise NotAllowed("The history is for whoever applied and for the project's administrators.")
    entries = []
    for each in found:
        who = "You" if each.by == reader.id else _role(each.by, application, project)
        if applied or each.by == reader.id:
            by = each.by if each.by == reader.id else None
        else:
            by, who = each.by, names.get(each.by, who)
        entries.append(Entry(at=each.at, by=by, who=who, what=each.what))
    return entries


def _role(by: ActorId, application: Application, project: Project) -> str:
    if by == BY_ITSELF:
        return "The system"
    if by == application.mentee_id:
        return "The mentee"
    if by in project.administrators:
        return "An administrator"
    return "A mentor" if by in project.mentors else "Somebody who has left the project"


def _of_application(application: Application) -> Iterable[Happening]:
    first = application.history[0]
    yield Happening(at=first.at, by=first.by, what="applied")
    for before, step in pairwise(application.history):
        yield Happening(at=step.at, by=step.by, what=_words(application, before, step))
    if application.prerequisites_completed_at:
        yield Happening(
            at=application.prerequisites_completed_at, by=BY_ITSELF, what="noted that all prerequisites are completed"
        )


def _of_extensions(application: Application) -> Iterable[Happening]:
    for each in application.extensions:
        what = f"extended the mentorship by {each.weeks} week{'s' if each.weeks > 1 else ''}"
        yield Happening(at=each.at, by=each.by, what=what)


def _words(application: Application, before: Step, step: Step) -> str:
    if before.status in UNDONE and step.status != ApplicationStatus.WITHDRAWN:
        return UNDONE[before.status]
    if step.status == ApplicationStatus.DECLINED and step.by == BY_ITSELF:
        return "ended the offer, which was not confirmed in time"
    what = DID[step.status]
    if step.status == ApplicationStatus.ACCEPTED and step.by == BY_ITSELF:
        what = "offered the place that came free"
    if step.status == ApplicationStatus.WITHDRAWN and step.by != application.mentee_id:
        what = "took the mentee out of the mentorship"
    link = " " if step.status == ApplicationStatus.DECLINED else ": "
    return f"{what}{link}{step.why}" if step.why else what


def _of_task(task: Task) -> Iterable[Happening]:
    for step in task.history:
        copied = step.status == TaskStatus.ASSIGNED and task.kind is TaskKind.PREREQUISITE
        by = BY_ITSELF if copied else step.by
        yield Happening(at=step.at, by=by, what=f"{DID_TO_A_TASK[step.status]} “{task.name}”")


def _of_evaluation(evaluation: Evaluation) -> Iterable[Happening]:
    if evaluation.recorded_at and evaluation.recorded_by:
        kind = "re-evaluation" if evaluation.reevaluates else "evaluation"
        what = f"recorded the {evaluation.milestone} {kind}: {evaluation.verdict}"
        yield Happening(at=evaluation.recorded_at, by=evaluation.recorded_by, what=what)


def _of_feedback(evaluation: Evaluation, mentee_id: ActorId) -> Iterable[Happening]:
    if evaluation.feedback:
        what = f"gave feedback with the {evaluation.milestone} evaluation"
        yield Happening(at=evaluation.feedback.at, by=mentee_id, what=what)
