"""What somebody tells to have an account: the same over JSON, on the page and from the command line."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from contracts.ids import AccountId
from services.chassis.http import Body
from services.chassis.said import YesOrNo
from services.chassis.text import Line
from services.identity.domain import password as rules
from services.identity.email import Address
from services.identity.hashing import Hasher
from services.identity.store import Identity
from services.identity.store.accounts import RESET_PASSWORD

NewPassword = Annotated[str, Field(min_length=1, max_length=1000, repr=False)]
"""12 to 256 bytes, not among the first that would be guessed."""


class CreateAccount(Body):
    name: Line
    email: Address
    password: NewPassword
    terms_accepted: YesOrNo


async def accepted(said: CreateAccount, hasher: Hasher) -> dict[str, Any]:
    """Give the registration with its password hashed. Raises `PasswordNotGood`, `Overloaded`."""
    hashed = await hasher.accept(said.password, rules.context(said.name, said.email))
    return said.model_dump() | {"password": hashed}


async def accepted_by_link(token: str, password: str, identity: Identity, at: datetime) -> str:
    """Hash what whoever has a mailed link takes as new password. Raises `LinkNotGood`, `PasswordNotGood`."""
    return await accepted_of(await identity.links.holder(token, RESET_PASSWORD, at=at), password, identity)


async def accepted_of(id: AccountId, password: str, identity: Identity) -> str:
    """Hash a new password of this account. Raises `PasswordNotGood`, `Overloaded`."""
    person = await identity.people.get(id)
    words = {word for email in person.emails for word in rules.context(person.name, email)}
    return await identity.hasher.accept(password, words)
