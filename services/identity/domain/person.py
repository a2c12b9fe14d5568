"""The person behind an account: name and proved addresses."""

from datetime import datetime

from contracts.identity import PersonDescribed
from contracts.ids import AccountId
from services.chassis.domain import Actor, Aggregate, Change
from services.identity.domain.account import Account, LinkNotGood


class Person(Aggregate):
    """Its id is the account's."""

    id: AccountId
    name: str
    emails: tuple[str, ...]
    """Lower case, the one for mail first."""


def describe(account: Account, *, by: Actor, at: datetime) -> Change[Person]:
    """Make the person whom a verified registration told of."""
    if account.pending is None:
        raise LinkNotGood("This account was verified before.")
    person = Person(id=account.id, name=account.pending.name, emails=(account.pending.email,))
    return person.tell(PersonDescribed, by=by, at=at)


def rename(person: Person, *, name: str, by: Actor, at: datetime) -> Change[Person]:
    return person.evolve(name=name).tell(PersonDescribed, by=by, at=at)
