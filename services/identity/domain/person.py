"""The person behind an account: name, proved addresses, and the cards that everybody may see."""

from datetime import datetime
from typing import ClassVar

from contracts.identity import Card, PersonDescribed
from contracts.ids import AccountId
from services.chassis.domain import Actor, Aggregate, Change
from services.identity.domain.account import Account, LinkNotGood
from services.identity.domain.profile import Kind


class Person(Aggregate):
    """Its id is the account's."""

    concerns: ClassVar = ("id",)

    id: AccountId
    name: str
    emails: tuple[str, ...]
    """Lower case, the one for mail first."""
    mentor_card: Card | None = None
    mentee_card: Card | None = None
    time_zone: str | None = None
    """IANA name."""

    def card(self, kind: Kind) -> Card | None:
        return self.mentor_card if kind is Kind.MENTOR else self.mentee_card


def describe(account: Account, *, by: Actor, at: datetime) -> Change[Person]:
    """Make the person whom a verified registration told of."""
    if account.pending is None:
        raise LinkNotGood("This account was verified before.")
    person = Person(id=account.id, name=account.pending.name, emails=(account.pending.email,))
    return person.tell(PersonDescribed, by=by, at=at)


def rename(person: Person, *, name: str, by: Actor, at: datetime) -> Change[Person]:
    return person.evolve(name=name).tell(PersonDescribed, by=by, at=at)


def show(
    person: Person,
    *,
    mentor_card: Card | None,
    mentee_card: Card | None,
    time_zone: str | None,
    by: Actor,
    at: datetime,
) -> Change[Person]:
    """Let everybody see these cards, and mails keep to this zone, from now on; where nothing is new, nobody is told."""
    if (person.mentor_card, person.mentee_card, person.time_zone) == (mentor_card, mentee_card, time_zone):
        return Change(person)
    shown = person.evolve(mentor_card=mentor_card, mentee_card=mentee_card, time_zone=time_zone)
    return shown.tell(PersonDescribed, by=by, at=at)


def erase(person: Person, *, by: Actor, at: datetime) -> Change[Person]:
    """Say nothing of them any more; whoever kept what was said before forgets it."""
    unknown = person.evolve(name="", emails=(), mentor_card=None, mentee_card=None, time_zone=None)
    return unknown.tell(PersonDescribed, by=by, at=at)
