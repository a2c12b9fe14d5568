"""All that is looked at when eligibility is judged; kept with the verdict, so that it can be judged again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import ApplicationStatus
from contracts.ids import TermId
from contracts.time import Instant
from services.applications.domain.known import Mentee, Project, Term
from services.applications.domain.policy import EligibilityPolicy
from services.chassis.domain import Actor


class _Looked(BaseModel):
    model_config = ConfigDict(frozen=True)


class Limits(_Looked):
    """What a deployment may set otherwise."""

    grace: timedelta
    """How long after the deadline one may still apply."""
    most_applications: int
    """To terms that overlap, withdrawn ones aside."""
    most_withdrawals: int
    """From one term."""


class Earlier(_Looked):
    """An application made before, as far as it matters here."""

    term_id: TermId
    status: ApplicationStatus


class Case(_Looked):
    by: Actor
    at: Instant
    mentee: Mentee | None
    term: Term
    project: Project
    own: tuple[Earlier, ...]
    """Every application of this person."""
    terms: Mapping[TermId, Term]
    """Those of these applications."""
    limits: Limits
    policy: EligibilityPolicy

    def to_this_term(self, *, withdrawn: bool) -> list[Earlier]:
        return [
            earlier
            for earlier in self.own
            if earlier.term_id == self.term.id and (earlier.status is ApplicationStatus.WITHDRAWN) == withdrawn
        ]

    def elsewhere_in_this_period(self) -> list[Earlier]:
        """Give those to other terms that overlap with this one and are not withdrawn."""
        return [
            earlier
            for earlier in self.own
            if earlier.term_id != self.term.id
            and earlier.status is not ApplicationStatus.WITHDRAWN
            and earlier.term_id in self.terms
            and self.term.overlaps(self.terms[earlier.term_id])
        ]

    def in_short(self) -> Self:
        """Leave out what no rule looks at."""
        project = self.project.model_copy(
            update={"prerequisites": (), "application_questions": (), "ai_use_policy": ""}
        )
        return self.model_copy(update={"project": project, "by": Actor(self.by.id)})
