"""What stipends knows of a project and its terms, and who may do what with its money."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from contracts.ids import AccountId, ProjectId, TermId
from contracts.projects import ProjectStatus
from contracts.time import Instant
from services.chassis.domain import Actor, NotAllowed, NotFound

FINANCE: Final = "finance"
STAFF: Final = "staff"


class ProjectUnknown(NotFound):
    """There is no such project, or it is not for this reader."""


class KnownTerm(BaseModel):
    """Projects' word on a term."""

    model_config = ConfigDict(frozen=True)

    id: TermId
    name: str
    results_at: Instant | None = None

    def has_announced(self, at: datetime) -> bool:
        """Say whether applicants are told what was decided about them."""
        return self.results_at is None or at >= self.results_at


class KnownProject(BaseModel):
    """Projects' word on an enrollment and its people."""

    model_config = ConfigDict(frozen=True)

    id: ProjectId
    name: str
    status: ProjectStatus
    administrators: tuple[AccountId, ...]
    mentors: tuple[AccountId, ...]

    def has_member(self, actor: Actor) -> bool:
        return actor.id in {*self.administrators, *self.mentors}

    def is_open_to(self, reader: Actor) -> bool:
        return self.has_member(reader) or reader.has(FINANCE) or reader.has(STAFF)

    def must_be_open_to(self, reader: Actor) -> None:
        """Refuse whoever is neither a member nor on the platform's staff; they are not told that there is one."""
        if not self.is_open_to(reader):
            raise ProjectUnknown(f"There is no project {self.id!r}.")

    def must_be_administered_by(self, by: Actor) -> None:
        """Refuse anybody else; whoever may not know of the project is not told that there is one."""
        if by.id in self.administrators:
            return
        if self.status is not ProjectStatus.PUBLISHED:
            self.must_be_open_to(by)
        raise NotAllowed("Only an administrator of this project can do this.")
