"""A project with a budget, a mentee, and what applications tells of them; each test changes what it is about."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.applications import (
    ApplicationAccepted,
    ApplicationEvent,
    ApplicationGraduated,
    ApplicationWithdrawn,
    EvaluationRecorded,
    EvaluationScheduled,
    PrerequisitesCompleted,
)
from contracts.ids import ActorId, ProjectId
from contracts.money import Money
from services.chassis.domain import Actor
from services.stipends.domain.payee import Payee
from services.stipends.domain.policy import Offer, StipendPolicy, offer
from services.stipends.domain.project import KnownProject
from services.stipends.domain.stipend import Means, Stipend
from services.stipends.schedules import shipped

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BEGIN, END = (AT + 7 * DAY).date(), (AT + 91 * DAY).date()
"""Of a mentorship of twelve weeks."""
ADA, MO, MIRA, EVE = (Actor(ActorId(name)) for name in ("ada", "mo", "mira", "eve"))
"""Administrator, mentor, mentee, and a stranger."""
FAY, STEF = Actor(ActorId("fay"), frozenset({"finance"})), Actor(ActorId("stef"), frozenset({"staff"}))
SYSTEM = Actor(ActorId("system:stipends"))
SCHEDULES = shipped()
POLICY = StipendPolicy(id=ProjectId("p-1"), kind="by_country", schedule="lfx-2022")
PRO_RATA = POLICY.model_copy(update={"pro_rata": True})


def dollars(amount: float) -> Money:
    return Money(amount_minor=round(amount * 100))


def project(**changes: Any) -> KnownProject:
    people = {"administrators": ("ada",), "mentors": ("mo",)}
    return KnownProject.model_validate({"id": "p-1", "name": "Kernel", "status": "published", **people, **changes})


def said(kind: type[ApplicationEvent], sequence: int, **changes: Any) -> ApplicationEvent:
    fields = {"id": "a-1", "project_id": "p-1", "term_id": "t-1", "mentee_id": "mira", "country": "DE"}
    rest = {"status": "pending", "attendance": None, "prerequisites_completed_at": None, "accepted_at": None}
    when = {"sequence": sequence, "at": AT + sequence * DAY, "by": "ada"}
    return kind.model_validate({**fields, **rest, **when, **changes})


ACCEPTANCE = {"status": "accepted", "attendance": "full_time", "accepted_at": AT + 2 * DAY}
PREPARED = {"prerequisites_completed_at": AT + DAY}


def prepared(**changes: Any) -> ApplicationEvent:
    return said(PrerequisitesCompleted, 2, **{**PREPARED, **changes})


def accepted(sequence: int = 3, **changes: Any) -> ApplicationEvent:
    return said(ApplicationAccepted, sequence, **{**PREPARED, **ACCEPTANCE, **changes})


def withdrawn(sequence: int = 9, **changes: Any) -> ApplicationEvent:
    fields = {**PREPARED, **ACCEPTANCE, "status": "withdrawn", **changes}
    return said(ApplicationWithdrawn, sequence, **fields)


def scheduled(milestone: str = "final", *, due: date = END, day: int = 4, application: str = "a-1"):
    who = {"id": f"e-{application}-{milestone}", "application_id": application, "milestone": milestone}
    when = {"due_on": due, "verdict": None, "sequence": 1, "at": AT + day * DAY, "by": "ada"}
    return EvaluationScheduled.model_validate({**who, **when})


def graduated(sequence: int = 9, **changes: Any) -> ApplicationEvent:
    fields = {**PREPARED, **ACCEPTANCE, "status": "graduated", **changes}
    return said(ApplicationGraduated, sequence, **fields)


def evaluated(milestone: str, *, day: int = 5, verdict: str = "satisfactory", application: str = "a-1"):
    return EvaluationRecorded.model_validate(
        {
            "id": f"e-{application}-{milestone}",
            "application_id": application,
            "milestone": milestone,
            "due_on": END,
            "verdict": verdict,
            "sequence": 2,
            "at": AT + day * DAY,
            "by": "mo",
        }
    )


def means(free: float = 100_000, **changes: Any) -> Means:
    given: Offer = offer(POLICY, SCHEDULES, "DE", AT.date()).model_copy(update=changes)
    return Means(offer=given, free=dollars(free))


def payee(**changes: Any) -> Payee:
    kept = {"sealed": b"sealed", "account": "••••paid", "country": "DE", "confirmed_at": AT}
    return Payee.model_validate({"id": "mira", **kept, **changes})


def blank(id: str = "a-1") -> Stipend:
    return Stipend.model_validate({"id": id, "version": 0})
