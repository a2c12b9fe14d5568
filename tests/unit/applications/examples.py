"""A project with its people, a term, a mentee, and what becomes of them; each test changes what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.ids import ActorId
from services.applications.domain.application import Application
from services.applications.domain.case import Case, Earlier, Limits
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.known import Mentee, Project, Term
from services.applications.domain.policy import EligibilityPolicy
from services.applications.domain.task import Task
from services.chassis.domain import Actor
from services.chassis.versioned import VersionedText

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
AGREEMENTS = (
    VersionedText(version="0", effective_from=AT - 99 * DAY, text="Old."),
    VersionedText(version="1", effective_from=AT - 9 * DAY, text="Be fair."),
    VersionedText(version="2", effective_from=AT + 99 * DAY, text="New."),
)
ADA, MO, MIRA, EVE = (Actor(ActorId(name)) for name in ("ada", "mo", "mira", "eve"))
"""Administrator, mentor, mentee, and a stranger."""
POLICY = EligibilityPolicy(version="1", effective_from=AT - 99 * DAY, restricted_countries=("CU", "IR"))
LIMITS = Limits(grace=timedelta(minutes=15), most_applications=3, most_withdrawals=3)


def project(**changes: Any) -> Project:
    people = {"administrators": ("ada",), "mentors": ("mo",)}
    fields = {"id": "p-1", "name": "Kernel", "status": "published", "prerequisites": ()}
    return Project.model_validate({**fields, **people, **changes})


def term(**changes: Any) -> Term:
    instants = {
        "window_opens_at": AT - DAY,
        "window_closes_at": AT + 10 * DAY,
        "starts_at": AT + 20 * DAY,
        "ends_at": AT + 100 * DAY,
    }
    return Term.model_validate(
        {"id": "t-1", "project_id": "p-1", "name": "Spring", "capacity": 1, **instants, **changes}
    )


def mentee(**changes: Any) -> Mentee:
    fields = {"id": "mira", "complete": True, "country": "DE", "of_age": True, "may_work": True}
    return Mentee.model_validate({**fields, **changes})


def application(**changes: Any) -> Application:
    fields = {"id": "a-1", "project_id": "p-1", "term_id": "t-1", "mentee_id": "mira", "country": "DE"}
    said = {"statement": "I want to learn.", "applied_at": AT - DAY, "open_prerequisites": 1, "sequence": 1}
    return Application.model_validate({**fields, **said, **changes})


def offered(**changes: Any) -> Application:
    offer = {"attendance": "full_time", "accepted_at": AT, "offer_expires_at": AT + 14 * DAY}
    return application(**{"status": "accepted", **offer, **changes})


def task(**changes: Any) -> Task:
    fields = {"id": "k-1", "application_id": "a-1", "mentee_id": "mira", "name": "Build", "description": "Build it."}
    return Task.model_validate({**fields, "due_on": None, "sequence": 1, **changes})


def evaluation(**changes: Any) -> Evaluation:
    fields = {"id": "e-1", "application_id": "a-1", "milestone": "midterm", "optional": False, "due_on": "2026-05-01"}
    return Evaluation.model_validate({**fields, "sequence": 1, **changes})


def final(**changes: Any) -> Evaluation:
    """One that opens the gates to graduation."""
    feedback = {"on_mentor": "Patient.", "on_project": "Lively.", "at": AT}
    return evaluation(**{"id": "e-4", "milestone": "final", "verdict": "satisfactory", "feedback": feedback, **changes})


def case(**changes: Any) -> Case:
    terms = {"t-1": term(), **changes.pop("terms", {})}
    own = tuple(Earlier(term_id=one.term_id, status=one.status) for one in changes.pop("own", ()))
    fields = {"by": MIRA, "at": AT, "mentee": mentee(), "term": term(), "project": project(), "policy": POLICY}
    return Case(**{**fields, "own": own, "terms": terms, "limits": LIMITS, **changes})
