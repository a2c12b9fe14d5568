"""What a stipend hangs on, as applications told it."""

from datetime import date
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import ApplicationEvent, ApplicationStatus, Attendance, Milestone
from contracts.ids import AccountId, ProjectId, TermId
from contracts.money import Country
from contracts.time import Instant

ENDED: Final = frozenset(
    {
        ApplicationStatus.DECLINED,
        ApplicationStatus.WITHDRAWN,
        ApplicationStatus.FAILED,
        ApplicationStatus.GRADUATED,
    }
)
"""After these nothing more is earned."""
BEGUN: Final = frozenset({ApplicationStatus.ACTIVE, ApplicationStatus.GRADUATED, ApplicationStatus.FAILED})
"""Of these the mentee knows: they confirmed."""
WEEKS: Final = {Attendance.FULL_TIME: 12, Attendance.PART_TIME: 24}
"""How long a mentorship is planned to last: until its final evaluation (LFX)."""


class Mentorship(BaseModel):
    """What applications told last of the application."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    project_id: ProjectId
    term_id: TermId | None = None
    mentee_id: AccountId
    status: ApplicationStatus = ApplicationStatus.PENDING
    country: Country
    attendance: Attendance | None
    accepted_at: Instant | None
    prerequisites_completed_at: Instant | None
    ended_at: Instant | None

    @classmethod
    def of(cls, event: ApplicationEvent) -> Self:
        ended_at = event.at if event.status in ENDED else None
        return cls.model_validate({**event.model_dump(), "ended_at": ended_at})

    @property
    def graduated(self) -> bool:
        return self.status is ApplicationStatus.GRADUATED


class Due(BaseModel):
    """When an evaluation is due, as it was told last."""

    model_config = ConfigDict(frozen=True)

    milestone: Milestone
    on: date
    told_at: Instant


class Pass(BaseModel):
    """A satisfactory evaluation, when it was recorded."""

    model_config = ConfigDict(frozen=True)

    milestone: Milestone
    at: Instant
