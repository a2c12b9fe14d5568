"""The addresses of a person: any number that they proved, one of which is for mail."""

from datetime import datetime
from typing import Final

from contracts.identity import PersonDescribed
from services.chassis.domain import Actor, Change, Conflict, NotFound
from services.identity.domain.person import Person

MOST: Final = 10
"""Of one person, those that wait to be proved included."""


class AddressNotFound(NotFound):
    """It is none of this person's."""


class PrimaryAddress(Conflict):
    """The address for mail stays until another takes its place, so that the last one stays too."""


class TooManyAddresses(Conflict):
    """One has to go before another comes."""


def require_room(count: int) -> None:
    """Refuse one more than there may be. Raises `TooManyAddresses`."""
    if count >= MOST:
        raise TooManyAddresses(f"You have {count} addresses, and {MOST} is the most. Remove one first.")


def prove(person: Person, *, email: str, by: Actor, at: datetime) -> Change[Person]:
    if email in person.emails:
        return Change(person)
    require_room(len(person.emails))
    return person.evolve(emails=(*person.emails, email)).tell(PersonDescribed, by=by, at=at)


def make_primary(person: Person, *, email: str, by: Actor, at: datetime) -> Change[Person]:
    """Let mail go there from now on."""
    _require_proved(person, email)
    if email == person.emails[0]:
        return Change(person)
    return person.evolve(emails=(email, *_without(person, email))).tell(PersonDescribed, by=by, at=at)


def remove(person: Person, *, email: str, by: Actor, at: datetime) -> Change[Person]:
    _require_proved(person, email)
    if email == person.emails[0]:
        raise PrimaryAddress(f"{email} is your address for mail. Make another address the one for mail first.")
    return person.evolve(emails=_without(person, email)).tell(PersonDescribed, by=by, at=at)


def _without(person: Person, email: str) -> tuple[str, ...]:
    return tuple(one for one in person.emails if one != email)


def _require_proved(person: Person, email: str) -> None:
    if email not in person.emails:
        raise AddressNotFound("You have proved no such address. Add it, and open the link that is mailed to it.")
