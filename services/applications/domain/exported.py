"""What applications holds on a person, as it is told to themself: nothing personal or private of others."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.applications.domain.application import Application
from services.applications.domain.certificate import Certificate
from services.applications.domain.draft import Draft
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.known import Project
from services.applications.domain.referral import Referral
from services.applications.domain.review import Review
from services.applications.domain.task import Task
from services.chassis.domain import Actor

Told = dict[str, Any]
INSIDE: Final = {"pos", "sequence", "rank", "waits_for", "reminded", "open_prerequisites", "open_milestones"}
"""How we work, not what we hold on anybody."""
OF_OTHERS: Final = {"recorded_by", "revoked_by"}


def mentorship(
    application: Application, project: Project | None, tasks: Iterable[Task], evaluations: Iterable[Evaluation]
) -> Told:
    """Tell an application (as its writer is told it) with all that belongs to it."""
    me = Actor(application.mentee_id)
    reasons = application.verdict.reasons if application.verdict else ()
    return _plain(application) | {
        "verdict": [reason.model_dump() for reason in reasons],
        "project_name": project.name if project else "",
        "history": [_step(step, me) for step in application.history],
        "tasks": [_task(task, me) for task in tasks],
        "evaluations": [_evaluation(each, application, project, me) for each in evaluations],
    }


def draft(saved: Draft) -> Told:
    return _plain(saved)


def certificate(issued: Certificate) -> Told:
    return _plain(issued)


def referral(asked: Referral, me: Actor) -> Told:
    """Tell one that was sent or received; the other person's name and words are theirs."""
    mine = asked.sender_id == me.id
    others = {"graduate_name", "graduate_id"} if mine else {"sender_name", "sender_id", "message"}
    return {"sent": mine, **{name: value for name, value in _plain(asked).items() if name not in others}}


def review(given: Review) -> Told:
    """Tell that it was given: its words are about somebody else."""
    return {name: value for name, value in _plain(given).items() if name not in {"note", "id"}}


def _plain(state: Application | Draft | Certificate | Referral | Review | Task | Evaluation) -> Told:
    return state.model_dump(mode="json", exclude=INSIDE | OF_OTHERS)


def _step(step: Any, me: Actor) -> Mapping[str, Any]:
    return {"status": step.status, "at": step.at, "by_you": step.by == me.id, "why": step.why}


def _task(task: Task, me: Actor) -> Told:
    return _plain(task) | {
        "history": [_step(step, me) for step in task.history],
        "file": task.file and {**task.file.model_dump(), "download": f"/v1/tasks/{task.id}/file"},
    }


def _evaluation(each: Evaluation, application: Application, project: Project | None, me: Actor) -> Told:
    """Leave out, as where the mentee reads it, what is for the project's people alone."""
    shown = each.model_copy(
        update={"private_note": "", "answers": tuple(answer for answer in each.answers if answer.shown)}
    )
    if project is not None:
        shown = each.shown_to(me, application, project)
    told = _plain(shown)
    del told["private_note"]
    return told
