"""What a person keeps with their profiles: a picture of themself, and a résumé."""

from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from contracts.ids import AccountId
from services.chassis.domain import Aggregate, Change, NotFound
from services.chassis.kinds import File, FileKind

LARGEST_RESUME: Final = 5 * 1024 * 1024
"""Bytes."""
RESUME_KINDS: Final = frozenset({FileKind.PDF})
AVATAR_KINDS: Final = frozenset({FileKind.PNG, FileKind.JPEG})


class PortfolioNotFound(NotFound):
    """The person keeps nothing here yet."""


class AvatarUnknown(NotFound):
    """There is no picture, or none that this reader may see."""


class ResumeUnknown(NotFound):
    """The person keeps no résumé here."""


class Avatar(BaseModel):
    model_config = ConfigDict(frozen=True)

    file: File
    digest: str
    """SHA-256 of the picture as kept."""


class Portfolio(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    concerns: ClassVar = ("id",)

    id: AccountId
    version: int = 0
    avatar: Avatar | None = None
    resume: File | None = None

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(file for file in (self.avatar and self.avatar.file, self.resume) if file)


def keep_avatar(portfolio: Portfolio, avatar: Avatar | None) -> Change[Portfolio]:
    """Keep a picture in place of the one before; None takes it back. Others learn of it by the cards that show it."""
    return Change(portfolio if avatar == portfolio.avatar else portfolio.evolve(avatar=avatar))


def keep_resume(portfolio: Portfolio, resume: File | None) -> Change[Portfolio]:
    """Keep a résumé in place of the one before; None takes it back. Nobody is told."""
    return Change(portfolio if resume == portfolio.resume else portfolio.evolve(resume=resume))
