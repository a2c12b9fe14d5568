"""Oneself: name, addresses, roles, and the profiles one has as mentee and mentor."""

from typing import Annotated

from pydantic import Field

from contracts.identity import PlatformRole
from contracts.ids import AccountId
from contracts.money import Country
from services.chassis.http import Body, By, Now, View, router
from services.chassis.text import Line, Prose
from services.identity.dependencies import Data
from services.identity.domain import person as people
from services.identity.domain import profile as profiles
from services.identity.domain.person import Person
from services.identity.domain.profile import MenteeProfile, MentorProfile
from services.identity.store import Identity

me = router("/v1/me", "me")
Skill = Annotated[Line, Field(max_length=50)]
Skills = Annotated[tuple[Skill, ...], Field(max_length=50)]


class DescribeMe(Body):
    name: Line | None = None


class MeView(View):
    id: AccountId
    version: int
    name: str
    emails: tuple[str, ...]
    roles: tuple[PlatformRole, ...]


class SaveMenteeProfile(Body):
    introduction: Prose | None = None
    skills: Skills = ()
    country: Country | None = None
    of_age: bool = False
    """I am at least 18."""
    may_work: bool = False
    """I am allowed to work where I live."""


class SaveMentorProfile(Body):
    introduction: Prose | None = None
    skills: Skills = ()


class MentorProfileView(View):
    id: AccountId
    version: int
    introduction: str
    skills: tuple[str, ...]
    complete: bool


class MenteeProfileView(MentorProfileView):
    country: Country | None
    of_age: bool
    may_work: bool


@me.get("", response_model=MeView)
async def read_me(by: By, identity: Data) -> MeView:
    return await _view(identity, await identity.people.get(by.id))


@me.patch("", response_model=MeView)
async def describe_me(command: DescribeMe, by: By, identity: Data, now: Now) -> MeView:
    if command.name is None:
        return await read_me(by, identity)
    return await _view(identity, await identity.people.change(by.id, people.rename, name=command.name, by=by, at=now))


@me.get("/mentee-profile", response_model=MenteeProfileView)
async def read_mentee_profile(by: By, identity: Data) -> MenteeProfile:
    return await identity.mentee_profiles.get(by.id)


@me.put("/mentee-profile", response_model=MenteeProfileView)
async def save_mentee_profile(command: SaveMenteeProfile, by: By, identity: Data, now: Now) -> MenteeProfile:
    """Tell about yourself as a mentee; complete when everything is there and both declarations are made."""
    save = identity.mentee_profiles.save
    return await save(
        AccountId(by.id),
        profiles.save_mentee,
        introduction=command.introduction or "",
        skills=command.skills,
        country=command.country,
        of_age=command.of_age,
        may_work=command.may_work,
        by=by,
        at=now,
    )


@me.get("/mentor-profile", response_model=MentorProfileView)
async def read_mentor_profile(by: By, identity: Data) -> MentorProfile:
    return await identity.mentor_profiles.get(by.id)


@me.put("/mentor-profile", response_model=MentorProfileView)
async def save_mentor_profile(command: SaveMentorProfile, by: By, identity: Data, now: Now) -> MentorProfile:
    """Tell about yourself as a mentor; complete when everything is there."""
    return await identity.mentor_profiles.save(
        AccountId(by.id),
        profiles.save_mentor,
        introduction=command.introduction or "",
        skills=command.skills,
        by=by,
        at=now,
    )


async def _view(identity: Identity, person: Person) -> MeView:
    account = await identity.accounts.get(person.id)
    return MeView(id=person.id, version=person.version, name=person.name, emails=person.emails, roles=account.roles)
