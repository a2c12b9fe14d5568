"""What a person tells about themself as a mentee and as a mentor."""

from datetime import datetime

from contracts.identity import MenteeProfileSaved, MentorProfileSaved
from contracts.ids import AccountId
from contracts.money import Country
from services.chassis.domain import Actor, Aggregate, Change, NotFound


class ProfileNotFound(NotFound):
    """The person has not told anything yet."""


class MenteeProfile(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    id: AccountId
    version: int = 0
    introduction: str = ""
    skills: tuple[str, ...] = ()
    country: Country | None = None
    """Current residence."""
    of_age: bool = False
    may_work: bool = False

    @property
    def complete(self) -> bool:
        return all((self.introduction, self.skills, self.country, self.of_age, self.may_work))


class MentorProfile(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    id: AccountId
    version: int = 0
    introduction: str = ""
    skills: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return all((self.introduction, self.skills))


def save_mentee(
    profile: MenteeProfile,
    *,
    introduction: str,
    skills: tuple[str, ...],
    country: Country | None,
    of_age: bool,
    may_work: bool,
    by: Actor,
    at: datetime,
) -> Change[MenteeProfile]:
    saved = profile.evolve(introduction=introduction, skills=skills, country=country, of_age=of_age, may_work=may_work)
    return saved.tell(MenteeProfileSaved, by=by, at=at, complete=saved.complete)


def save_mentor(
    profile: MentorProfile, *, introduction: str, skills: tuple[str, ...], by: Actor, at: datetime
) -> Change[MentorProfile]:
    saved = profile.evolve(introduction=introduction, skills=skills)
    return saved.tell(MentorProfileSaved, by=by, at=at, complete=saved.complete)
