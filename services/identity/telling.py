"""What a person may tell in a profile, and in which form: the same over JSON and on the page."""

from typing import Annotated, Final
from zoneinfo import available_timezones

import pycountry
from pydantic import AfterValidator, Field

from contracts.identity import Availability
from contracts.money import Country
from services.chassis.http import Body
from services.chassis.said import Day, Whole, YesOrNo
from services.chassis.search import fold
from services.chassis.text import Line, Prose, WebAddress
from services.identity.domain.profile import SHOWN_BY, About, AboutMentee, Kind, Shown

_NAMES: Final = {country.alpha_2: getattr(country, "common_name", country.name) for country in pycountry.countries}
COUNTRIES: Final = dict(sorted(_NAMES.items(), key=lambda country: fold(country[1])))
"""Names in English by ISO 3166-1 alpha-2 code, in the order of the names."""
ZONES: Final = tuple(sorted(available_timezones() - {"localtime"}))


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError(f"{code!r} is no country of ISO 3166-1.")
    return code


def _known_zone(name: str) -> str:
    if name not in ZONES:
        raise ValueError(f"There is no time zone {name!r}. Use an IANA name such as Europe/Berlin.")
    return name


def _of_a_mentor(shown: tuple[Shown, ...]) -> tuple[Shown, ...]:
    if unknown := set(shown) - set(SHOWN_BY[Kind.MENTOR]):
        raise ValueError(f"A mentor's card has no {', '.join(sorted(unknown))}.")
    return shown


Skill = Annotated[Line, Field(max_length=50)]
Skills = Annotated[tuple[Skill, ...], Field(max_length=50)]
Links = Annotated[tuple[WebAddress, ...], Field(max_length=10)]
Residence = Annotated[Country, AfterValidator(_known_country)]
Zone = Annotated[Line, AfterValidator(_known_zone)]
Fields = Annotated[tuple[Shown, ...], Field(max_length=len(Shown))]


class TellAvailability(Body, Availability):
    hours_per_week: Annotated[Whole, Field(ge=1, le=80)] | None = None
    starting_on: Day | None = None
    time_zone: Zone | None = None


class SaveMentorProfile(Body):
    """The whole profile: what is left out becomes empty."""

    introduction: Prose | None = None
    skills: Skills = ()
    links: Links = ()
    country: Residence | None = None
    availability: TellAvailability = TellAvailability()
    listed: YesOrNo = False
    """I want a card with my name, which everybody may see."""
    shown: Annotated[Fields, AfterValidator(_of_a_mentor)] = ()
    """What the card shows beside the name."""

    def about(self) -> About:
        return About.model_validate({**self.model_dump(), "introduction": self.introduction or ""})


class SaveMenteeProfile(SaveMentorProfile):
    """The whole profile: what is left out becomes empty."""

    shown: Fields = ()
    skills_to_improve: Skills = ()
    of_age: YesOrNo = False
    """I am at least 18."""
    may_work: YesOrNo = False
    """I am allowed to work where I live."""

    def about(self) -> AboutMentee:
        return AboutMentee.model_validate({**self.model_dump(), "introduction": self.introduction or ""})
