"""Where a mentee is paid: sealed, and to people shown masked only."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import AccountId
from contracts.money import Country
from services.chassis.domain import Aggregate, Change, NotFound, RuleBroken

ACCOUNTS: Final = ("sandbox-paid", "sandbox-failed")
"""What the sandbox provider knows."""
SHOWN: Final = 4


class PayeeUnknown(NotFound):
    """This person has not said where to pay."""


class AccountNotKnown(RuleBroken):
    """The payment provider knows no such account."""


class Details(BaseModel):
    """Where to pay, in the clear: only on its way to the provider."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    account: str = Field(repr=False)
    holder_name: str = Field(repr=False)


class Payee(Aggregate):
    """The id is the person's account. What is sealed can be opened by this service's vault alone."""

    id: AccountId
    sealed: bytes = Field(default=b"", repr=False)
    account: str = ""
    """Masked, as is the holder's name."""
    holder_name: str = ""
    country: Country = "ZZ"


def describe(payee: Payee, *, account: str, holder_name: str, country: Country, sealed: bytes) -> Change[Payee]:
    """Say where to pay from now on."""
    if account not in ACCOUNTS:
        raise AccountNotKnown(f"The sandbox knows the accounts {' and '.join(ACCOUNTS)}.")
    masked = {"account": masked_end(account), "holder_name": masked_start(holder_name)}
    return Change(payee.evolve(**masked, country=country, sealed=sealed))


def masked_end(text: str) -> str:
    """Show the last characters only, and not how many there are before them."""
    return "••••" + text[-SHOWN:] if len(text) > 2 * SHOWN else "••••"


def masked_start(name: str) -> str:
    """Show the first character of each word only."""
    return " ".join(word[0] + "•••" for word in name.split())
