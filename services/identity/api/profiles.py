"""What one tells about oneself: as a mentor, as a mentee, and of one's situation in life."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.ids import AccountId
from contracts.money import Country
from contracts.time import Instant
from services.chassis.http import Body, By, Now, View, router
from services.chassis.said import YesOrNo
from services.identity.dependencies import Data
from services.identity.domain.demographics import Category, Demographics
from services.identity.domain.profile import MenteeProfile, MentorProfile, Shown
from services.identity.telling import SaveMenteeProfile, SaveMentorProfile

profiles = router("/v1/me", "me")


class AvailabilityView(View):
    hours_per_week: int | None
    starting_on: date | None
    time_zone: str | None


class MentorProfileView(View):
    id: AccountId
    version: int
    introduction: str
    skills: tuple[str, ...]
    links: tuple[str, ...]
    country: Country | None
    availability: AvailabilityView
    listed: bool
    shown: tuple[Shown, ...]
    complete: bool


class MenteeProfileView(MentorProfileView):
    skills_to_improve: tuple[str, ...]
    of_age: bool
    may_work: bool


class TellDemographics(Body):
    answers: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    consent: YesOrNo
    """I agree that this is kept, and counted together with at least four others."""


class GivenView(View):
    answers: tuple[str, ...]
    consented_at: Instant
    wording: str


class DemographicsView(View):
    id: AccountId
    version: int
    given: Mapping[Category, GivenView]


@profiles.get("/mentee-profile", response_model=MenteeProfileView)
async def read_mentee_profile(by: By, identity: Data) -> MenteeProfile:
    return await identity.profiles.mentees.get(by.id)


@profiles.put("/mentee-profile", response_model=MenteeProfileView)
async def save_mentee_profile(command: SaveMenteeProfile, by: By, identity: Data, now: Now) -> MenteeProfile:
    """Tell about yourself as a mentee; complete with introduction, skills, country and both declarations."""
    return await identity.profiles.save_mentee(AccountId(by.id), command.about(), by=by, at=now)


@profiles.get("/mentor-profile", response_model=MentorProfileView)
async def read_mentor_profile(by: By, identity: Data) -> MentorProfile:
    return await identity.profiles.mentors.get(by.id)


@profiles.put("/mentor-profile", response_model=MentorProfileView)
async def save_mentor_profile(command: SaveMentorProfile, by: By, identity: Data, now: Now) -> MentorProfile:
    """Tell about yourself as a mentor; complete with introduction and skills."""
    return await identity.profiles.save_mentor(AccountId(by.id), command.about(), by=by, at=now)


@profiles.get("/demographics", response_model=DemographicsView)
async def read_demographics(by: By, identity: Data) -> Demographics:
    """Show what you told; nobody else can read it."""
    return await identity.profiles.demographics.of(AccountId(by.id))


@profiles.put("/demographics/{category}", response_model=DemographicsView)
async def tell_demographics(
    category: Category, command: TellDemographics, by: By, identity: Data, now: Now
) -> Demographics:
    """Tell one category, with consent; it is never shown but in counts of at least five people."""
    tell = identity.profiles.demographics.tell
    return await tell(AccountId(by.id), category, answers=command.answers, consent=command.consent, at=now)


@profiles.delete("/demographics/{category}", response_model=DemographicsView)
async def take_back_demographics(category: Category, by: By, identity: Data) -> Demographics:
    """Take the consent back; what was told is gone."""
    return await identity.profiles.demographics.take_back(AccountId(by.id), category)
