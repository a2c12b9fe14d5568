"""What other services told, as far as our rules look at it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from contracts.ids import AccountId, ProjectId, StipendId, TermId
from contracts.money import Country
from contracts.projects import ApplicationQuestion, EvaluationQuestion, PrerequisiteTemplate, ProjectStatus
from contracts.stipends import StipendStatus
from contracts.time import Instant
from services.chassis.domain import Actor


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Project(_Known):
    """An enrollment, and who may do what in it."""

    id: ProjectId
    name: str
    status: ProjectStatus
    administrators: tuple[AccountId, ...]
    mentors: tuple[AccountId, ...]
    prerequisites: tuple[PrerequisiteTemplate, ...]
    ai_use_policy: str = ""
    application_questions: tuple[ApplicationQuestion, ...] = ()
    evaluation_questions: tuple[EvaluationQuestion, ...] = ()
    blind_review: bool = False

    def has_administrator(self, actor: Actor) -> bool:
        return actor.id in self.administrators

    def has_member(self, actor: Actor) -> bool:
        return actor.id in {*self.administrators, *self.mentors}

    def evaluators_of(self, mentee_id: AccountId) -> tuple[AccountId, ...]:
        """Give the mentors, or the administrators where there are none."""
        others = tuple(mentor for mentor in self.mentors if mentor != mentee_id)
        return others or tuple(each for each in self.administrators if each != mentee_id)


class Term(_Known):
    id: TermId
    project_id: ProjectId
    name: str
    window_opens_at: Instant
    window_closes_at: Instant
    starts_at: Instant
    ends_at: Instant
    results_at: Instant | None = None
    capacity: int
    time_zone: str = "UTC"

    def overlaps(self, other: "Term") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def has_announced(self, at: datetime) -> bool:
        """Say whether applicants are told what was decided about them."""
        return self.results_at is None or at >= self.results_at


class Mentee(_Known):
    """What a person told about themself as a mentee."""

    id: AccountId
    complete: bool
    country: Country | None
    of_age: bool
    may_work: bool


class Person(_Known):
    id: AccountId
    name: str
    emails: tuple[str, ...] = ()
    """Proved ones, the one for mail first."""
    time_zone: str | None = None


class Funding(_Known):
    """What stipends says about the money of an application, whose id it has."""

    id: StipendId
    status: StipendStatus
