"""What every service answers when a person asks for their data: its part, in numbered and sealed pieces."""

from typing import ClassVar, Final, Literal

from pydantic import Field

from contracts.event import Event
from contracts.ids import ExportId


class PartExported(Event):
    """A piece of what a service holds on a person; nobody but identity can open it, and identity only for a while.

    Its id is the export's and its sequence the piece's number, so that pieces are in order and none is missing.
    """

    noun: ClassVar[str] = "export-part"

    id: ExportId
    of: int = Field(ge=1)
    """How many pieces there are."""
    content: str
    """A JWE (RFC 7516, ECDH-ES and A256GCM) in compact form. All pieces opened and put together are JSON."""


class ProjectsPartExported(PartExported):
    """What projects holds on somebody."""

    source: ClassVar[str] = "projects"
    topic: ClassVar[str] = "projects.exports"

    type: Literal["projects-part.exported.v1"] = "projects-part.exported.v1"


class ApplicationsPartExported(PartExported):
    """What applications holds on somebody."""

    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.exports"

    type: Literal["applications-part.exported.v1"] = "applications-part.exported.v1"


class StipendsPartExported(PartExported):
    """What stipends holds on somebody."""

    source: ClassVar[str] = "stipends"
    topic: ClassVar[str] = "stipends.exports"

    type: Literal["stipends-part.exported.v1"] = "stipends-part.exported.v1"


PARTS: Final[tuple[type[PartExported], ...]] = (ProjectsPartExported, ApplicationsPartExported, StipendsPartExported)
TOPICS: Final = tuple(part.topic for part in PARTS)
