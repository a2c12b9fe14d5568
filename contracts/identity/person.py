"""Who people are, and what they tell about themselves."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from contracts.event import Event
from contracts.ids import AccountId
from contracts.money import Country


class MenteeProfileSaved(Event):
    """A person told about themself as a mentee; what eligibility and stipends need of it, and no more."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "mentee-profile"

    type: Literal["mentee-profile.saved.v1"] = "mentee-profile.saved.v1"
    id: AccountId
    complete: bool
    country: Country | None
    """Current residence."""
    of_age: bool
    """Declares to be at least 18."""
    may_work: bool
    """Declares to be allowed to work where they live."""


class MentorProfileSaved(Event):
    """A person told about themself as a mentor."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "mentor-profile"

    type: Literal["mentor-profile.saved.v1"] = "mentor-profile.saved.v1"
    id: AccountId
    complete: bool


class Availability(BaseModel):
    """When a person has time for a mentorship."""

    model_config = ConfigDict(frozen=True)

    hours_per_week: int | None = None
    starting_on: date | None = None
    time_zone: str | None = None
    """IANA name."""


class Card(BaseModel):
    """What a person chose to show of a profile to everybody; what they did not choose is empty."""

    model_config = ConfigDict(frozen=True)

    introduction: str | None = None
    skills: tuple[str, ...] = ()
    skills_to_improve: tuple[str, ...] = ()
    """A mentee's."""
    links: tuple[str, ...] = ()
    country: Country | None = None
    availability: Availability | None = None
    avatar: str | None = None
    """The hash of the picture."""


class PersonDescribed(Event):
    """Who an account belongs to. Personal data, on a compacted topic: only the newest matters, erasure empties it."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.people"
    noun: ClassVar[str] = "person"

    type: Literal["person.described.v1"] = "person.described.v1"
    id: AccountId
    name: str
    emails: tuple[str, ...]
    """Proved addresses, lower case, the one for mail first."""
    mentor_card: Card | None = None
    """None where the person is not in the directory of mentors, or is suspended."""
    mentee_card: Card | None = None
    time_zone: str | None = None
    """IANA name of the zone in which mails to them write instants; None where they told none."""
