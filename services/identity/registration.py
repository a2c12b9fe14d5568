"""What somebody tells to have an account: the same over JSON, on the page and from the command line."""

from typing import Annotated, Any

from pydantic import Field

from services.chassis.http import Body
from services.chassis.text import Line
from services.identity.domain import password as rules
from services.identity.email import Address
from services.identity.hashing import Hasher


class CreateAccount(Body):
    name: Line
    email: Address
    password: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]
    """12 to 256 bytes, not among the first that would be guessed."""
    terms_accepted: bool


async def accepted(said: CreateAccount, hasher: Hasher) -> dict[str, Any]:
    """Give the registration with its password hashed. Raises `PasswordNotGood`, `Overloaded`."""
    hashed = await hasher.accept(said.password, rules.context(said.name, said.email))
    return said.model_dump() | {"password": hashed}
