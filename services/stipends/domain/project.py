"""What stipends knows of a project, and who may do what with its money."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from contracts.ids import AccountId, ProjectId
from contracts.projects import ProjectStatus
from services.chassis.domain import Actor, NotAllowed, NotFound

FINANCE: Final = "finance"
STAFF: Final = "staff"


class ProjectUnknown(NotFound):
    """There is no such project, or it is not for this reader."""


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

    def must_be_open_to(self, reader: Actor) -> None:
        """Refuse whoever is neither a member nor on the platform's staff; they are not told that there is one."""
        if not (self.has_member(reader) or reader.has(FINANCE) or reader.has(STAFF)):
            raise ProjectUnknown(f"There is no project {self.id!r}.")

    def must_be_administered_by(self, by: Actor) -> None:
        """Refuse anybody else; whoever may not know of the project is not told that there is one."""
        if by.id in self.administrators:
            return
        if self.status is not ProjectStatus.PUBLISHED:
            self.must_be_open_to(by)
        raise NotAllowed("Only an administrator of this project can do this.")
