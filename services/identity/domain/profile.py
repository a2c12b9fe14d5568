"""What a person tells about themself as a mentee and as a mentor, and what of it everybody may see."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

from contracts.identity import Availability, Card, MenteeProfileSaved, MentorProfileSaved
from contracts.ids import AccountId
from contracts.money import Country
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, NotFound


class ProfileNotFound(NotFound):
    """The person has not told anything yet."""


class CardUnknown(NotFound):
    """There is no such card: nobody of this id, or nobody who wants to be seen."""


class Kind(StrEnum):
    MENTOR = "mentor"
    MENTEE = "mentee"


class Shown(StrEnum):
    """What a card can show beside the name, each only if its owner says so."""

    INTRODUCTION = "introduction"
    SKILLS = "skills"
    SKILLS_TO_IMPROVE = "skills_to_improve"
    LINKS = "links"
    COUNTRY = "country"
    AVAILABILITY = "availability"
    AVATAR = "avatar"


SHOWN_BY: Final[Mapping[Kind, tuple[Shown, ...]]] = {
    Kind.MENTOR: tuple(field for field in Shown if field is not Shown.SKILLS_TO_IMPROVE),
    Kind.MENTEE: tuple(Shown),
}


class About(BaseModel):
    """All that a person tells as a mentor; what is not told is empty."""

    model_config = ConfigDict(frozen=True)

    introduction: str = ""
    skills: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    country: Country | None = None
    """Current residence."""
    availability: Availability = Availability()
    listed: bool = False
    """Wants a card with their name, found in the directory."""
    shown: tuple[Shown, ...] = ()
    """What the card shows."""


class AboutMentee(About):
    """All that a person tells as a mentee: this besides."""

    skills_to_improve: tuple[str, ...] = ()
    of_age: bool = False
    """Declares to be at least 18."""
    may_work: bool = False
    """Declares to be allowed to work where they live."""


class Profile(Aggregate, About):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    concerns: ClassVar = ("id",)

    id: AccountId
    version: int = 0
    listed_since: Instant | None = None

    def card(self, avatar: str | None) -> Card | None:
        """Give what everybody may see; None where the person does not want to be listed."""
        if not self.listed:
            return None
        told: dict[str, Any] = {**dict(self), "avatar": avatar}
        return Card.model_validate({field: told[field] for field in self.shown})


class MentorProfile(Profile):
    @property
    def complete(self) -> bool:
        return all((self.introduction, self.skills))


class MenteeProfile(Profile, AboutMentee):
    @property
    def complete(self) -> bool:
        return all((self.introduction, self.skills, self.country, self.of_age, self.may_work))


def save_mentee(profile: MenteeProfile, about: AboutMentee, *, by: Actor, at: datetime) -> Change[MenteeProfile]:
    saved = profile.evolve(**dict(about), listed_since=_listed_since(profile, about, at))
    return saved.tell(MenteeProfileSaved, by=by, at=at, complete=saved.complete)


def save_mentor(profile: MentorProfile, about: About, *, by: Actor, at: datetime) -> Change[MentorProfile]:
    saved = profile.evolve(**dict(about), listed_since=_listed_since(profile, about, at))
    return saved.tell(MentorProfileSaved, by=by, at=at, complete=saved.complete)


def _listed_since(before: Profile, about: About, at: datetime) -> datetime | None:
    """Who stays listed keeps their place in the directory."""
    return (before.listed_since or at) if about.listed else None


def erase_mentee(profile: MenteeProfile, *, by: Actor, at: datetime) -> Change[MenteeProfile]:
    """Say nothing of the person any more."""
    empty = MenteeProfile(id=profile.id, version=profile.version + 1, sequence=profile.sequence, pos=profile.pos)
    return empty.tell(MenteeProfileSaved, by=by, at=at, complete=False)


def erase_mentor(profile: MentorProfile, *, by: Actor, at: datetime) -> Change[MentorProfile]:
    empty = MentorProfile(id=profile.id, version=profile.version + 1, sequence=profile.sequence, pos=profile.pos)
    return empty.tell(MentorProfileSaved, by=by, at=at, complete=False)
