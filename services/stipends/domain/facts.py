"""What others tell about a stipend: each fact is taken note of in any order, then all that follows is reckoned anew."""

from collections.abc import Callable
from datetime import datetime

from contracts.applications import (
    ApplicationEvent,
    EvaluationEvent,
    EvaluationRecorded,
    EvaluationScheduled,
    Milestone,
    Verdict,
)
from services.chassis.domain import Actor, Change
from services.stipends.domain.mentorship import Due, Mentorship, Pass
from services.stipends.domain.stipend import Means, Stipend, settle

Hear = Callable[[Stipend], Stipend]
"""Takes note of a fact; the same fact again, or an older one, leaves the stipend as it is."""


def hear_application(event: ApplicationEvent) -> Hear:
    """Take note of an application's newest picture; of little interest until accepted or prepared."""

    def hear(stipend: Stipend) -> Stipend:
        known = stipend.mentorship
        if known is None and event.accepted_at is None and event.prerequisites_completed_at is None:
            return stipend
        if known is not None and known.sequence >= event.sequence:
            return stipend
        told = Mentorship.of(event)
        news = {"mentorship": told, "project_id": told.project_id, "mentee_id": told.mentee_id}
        return stipend.model_copy(update=news)

    return hear


def hear_due(event: EvaluationEvent) -> Hear:
    """Take note of when an evaluation is due; of two words the one told last counts."""

    def hear(stipend: Stipend) -> Stipend:
        first = isinstance(event, EvaluationScheduled) and event.milestone is Milestone.FINAL
        noted = stipend.model_copy(update={"planned_end": event.due_on}) if first else stipend
        known = {one.milestone: one for one in stipend.due}
        said = Due(milestone=event.milestone, on=event.due_on, told_at=event.at)
        before = known.get(event.milestone, said)
        known[event.milestone] = max(before, said, key=lambda one: (one.told_at, one.on))
        return noted.model_copy(update={"due": tuple(known[one] for one in Milestone if one in known)})

    return hear


def hear_evaluation(event: EvaluationRecorded) -> Hear:
    """Take note of a satisfactory evaluation; of two for one milestone the earlier counts."""

    def hear(stipend: Stipend) -> Stipend:
        known = {one.milestone: one.at for one in stipend.passes}
        if event.verdict is not Verdict.SATISFACTORY or known.get(event.milestone, event.at) < event.at:
            return stipend
        passes = known | {event.milestone: event.at}
        ordered = tuple(Pass(milestone=one, at=passes[one]) for one in Milestone if one in passes)
        return stipend if ordered == stipend.passes else stipend.model_copy(update={"passes": ordered})

    return hear


def follow(stipend: Stipend, hear: Hear, means: Means, *, by: Actor, at: datetime) -> Change[Stipend]:
    """Take note of a fact and reckon anew what follows."""
    return settle(hear(stipend), means, by=by, at=at)
