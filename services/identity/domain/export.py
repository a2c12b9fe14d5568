"""A person's own data put together for them, from every service.

collecting → complete → expired
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from contracts.exports import PARTS, PartExported
from contracts.identity import ExportCompleted, ExportExpired, ExportRequested
from contracts.ids import AccountId, ExportId
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, NotFound, NotInThisState

KEPT: Final = timedelta(days=7)
"""How long the document can be fetched."""
FRESH: Final = timedelta(days=1)
"""How long asking again gives the document that is there."""
ASKED: Final = tuple(part.source for part in PARTS)
"""The services that are asked for their part."""


class ExportUnknown(NotFound):
    """The person asked for none, or it is gone."""


class ExportNotComplete(NotInThisState):
    """Some service has not told its part yet."""


class ExportStatus(StrEnum):
    COLLECTING = "collecting"
    COMPLETE = "complete"
    EXPIRED = "expired"


class Part(BaseModel):
    """How much of a service's part has arrived."""

    model_config = ConfigDict(frozen=True)

    received: int = 0
    of: int | None = None
    """Not known before the first piece."""

    @property
    def is_whole(self) -> bool:
        return self.received == self.of


class Export(Aggregate):
    concerns: ClassVar = ("account_id",)

    id: ExportId
    account_id: AccountId
    status: ExportStatus = ExportStatus.COLLECTING
    requested_at: Instant
    parts: Mapping[str, Part]
    """By service."""
    seal_key: str
    sealed_key: Annotated[bytes, Field(repr=False)]
    """The private key of the pieces, sealed; nothing once they were opened."""
    completed_at: Instant | None = None
    expires_at: Instant | None = None
    size: int = 0
    """Bytes of the document."""

    @property
    def is_whole(self) -> bool:
        return all(part.is_whole for part in self.parts.values())

    @property
    def collects(self) -> bool:
        return self.status is ExportStatus.COLLECTING and self.expires_at is None

    def serves(self, at: datetime) -> bool:
        """Say whether asking again at this instant gives this one."""
        complete = self.completed_at is not None and at < self.completed_at + FRESH and not self.is_over(at)
        return self.collects or complete

    def is_over(self, at: datetime) -> bool:
        return self.status is ExportStatus.EXPIRED or (self.expires_at is not None and at >= self.expires_at)

    def must_be_complete(self, at: datetime) -> None:
        if self.is_over(at):
            raise ExportUnknown("The document is gone. Ask for a new one.")
        if self.status is not ExportStatus.COMPLETE:
            raise ExportNotComplete("Your data are not all here yet. Look at /v1/me/export.")


def request(
    id: str, account_id: AccountId, *, seal_key: str, sealed_key: bytes, by: Actor, at: datetime
) -> Change[Export]:
    export = Export(
        id=ExportId(id),
        account_id=account_id,
        requested_at=at,
        parts={service: Part() for service in ASKED},
        seal_key=seal_key,
        sealed_key=sealed_key,
    )
    return export.tell(ExportRequested, by=by, at=at)


def receive(export: Export, piece: PartExported) -> Change[Export]:
    """Count a piece; they come in their order."""
    part = Part(received=piece.sequence, of=piece.of)
    return Change(export.evolve(parts={**export.parts, piece.source: part}))


def complete(export: Export, *, size: int, by: Actor, at: datetime) -> Change[Export]:
    """Say that the document is there; from here on nobody can open the pieces."""
    if not export.collects or not export.is_whole:
        raise NotInThisState(f"An export that is {export.status} does not become complete now.")
    done = {"status": ExportStatus.COMPLETE, "completed_at": at, "expires_at": at + KEPT}
    return export.evolve(**done, size=size, sealed_key=b"").tell(ExportCompleted, by=by, at=at)


def cut_short(export: Export, *, at: datetime) -> Change[Export]:
    """Let it be over now: a newer one takes its place, or its person is gone."""
    return Change(export.evolve(expires_at=min(at, export.expires_at or at)))


def expire(export: Export, *, by: Actor, at: datetime) -> Change[Export]:
    if export.status is ExportStatus.EXPIRED or not export.is_over(at):
        raise NotInThisState(f"An export that is {export.status} does not expire now.")
    return export.evolve(status=ExportStatus.EXPIRED, sealed_key=b"").tell(ExportExpired, by=by, at=at)
