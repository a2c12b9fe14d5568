"""What a stipend hangs on, as applications told it."""

from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from contracts.applications import ApplicationEvent, ApplicationStatus, Attendance, Milestone
from contracts.ids import AccountId, ProjectId
from contracts.money import Country
from contracts.time import Instant

ENDED: Final = frozenset({ApplicationStatus.DECLINED, ApplicationStatus.WITHDRAWN, ApplicationStatus.FAILED})
"""After these nothing more is earned."""


class Mentorship(BaseModel):
    """What applications told last of the application."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    project_id: ProjectId
    mentee_id: AccountId
    country: Country
    attendance: Attendance | None
    accepted_at: Instant | None
    prerequisites_completed_at: Instant | None
    ended_at: Instant | None

    @classmethod
    def of(cls, event: ApplicationEvent) -> Self:
        ended_at = event.at if event.status in ENDED else None
        return cls.model_validate({**event.model_dump(), "ended_at": ended_at})


class Pass(BaseModel):
    """A satisfactory evaluation, when it was recorded."""

    model_config = ConfigDict(frozen=True)

    milestone: Milestone
    at: Instant
