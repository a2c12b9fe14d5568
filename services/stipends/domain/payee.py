"""Where a mentee is paid: checked, sealed, confirmed by its owner, and shown to people masked only."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from contracts.ids import AccountId
from contracts.money import Country
from contracts.time import Instant
from services.chassis.domain import Aggregate, Change, Conflict, NotFound, RuleBroken

SHOWN: Final = 4
ROUTED: Final = "US"
"""Where an account is told by a routing number and a number instead of an IBAN."""
_WEIGHTS: Final = (3, 7, 1, 3, 7, 1, 3, 7, 1)


class PayeeUnknown(NotFound):
    """This person has not said where to pay."""


class PayeeUnconfirmed(Conflict):
    """The owner has not confirmed where to pay."""


class AccountNotKnown(RuleBroken):
    """The payment provider cannot pay to such an account."""


class AccountNotValid(RuleBroken):
    """There can be no such account."""


class Kind(StrEnum):
    IBAN = "iban"
    US = "us"
    """A routing number and an account number."""
    PROVIDER = "provider"
    """An account at the payment provider itself."""


@dataclass(frozen=True)
class Accepted:
    """To what accounts the deployment's payment provider pays."""

    kinds: AbstractSet[Kind]
    accounts: str
    """What its own accounts look like, a regular expression."""
    words: str
    """What to give, for a person."""


class Details(BaseModel):
    """Where to pay, in the clear: only on its way to the provider."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Kind = Kind.PROVIDER
    account: str = Field(repr=False)
    """An IBAN, an account number, or the provider's name for an account."""
    routing: str | None = Field(default=None, repr=False)
    holder_name: str = Field(repr=False)
    country: Country = "ZZ"
    """Where the account is held."""

    @property
    def masked(self) -> str:
        return masked_end(self.account)

    def hidden_in(self, text: str) -> str:
        """Blank in somebody else's words what must not be told, however they space it."""
        secrets = [(self.account, self.masked), (self.holder_name, masked_start(self.holder_name))]
        secrets += [(self.routing, "••••")] if self.routing else []
        for secret, mask in secrets:
            spaced = r"[\s.-]*".join(map(re.escape, re.sub(r"\s", "", secret)))
            text = re.sub(spaced, mask, text, flags=re.IGNORECASE)
        return text


class Payee(Aggregate):
    """The id is the person's account. What is sealed can be opened by this service's vault alone."""

    concerns: ClassVar = ("id",)

    id: AccountId
    sealed: bytes = Field(default=b"", repr=False)
    kind: Kind = Kind.PROVIDER
    account: str = ""
    """Masked, as is the holder's name."""
    holder_name: str = ""
    country: Country = "ZZ"
    described_at: Instant | None = None
    confirmed_at: Instant | None = None
    payable_from: Instant | None = None
    """Nothing is paid to it earlier, because it was changed."""

    @property
    def confirmed(self) -> bool:
        return self.confirmed_at is not None

    def payable_from_after(self, at: datetime) -> datetime | None:
        """Say until when nothing is paid to it; None where it can be paid to at once."""
        return self.payable_from if self.payable_from and self.payable_from > at else None

    def must_be_confirmed(self) -> None:
        if self.confirmed_at is None:
            raise PayeeUnconfirmed(
                "Where to pay is not confirmed: its owner reads it and does POST /v1/payees/me/confirm."
            )


def iban(text: str, *, holder_name: str, country: Country) -> Details:
    """Describe an account told by its IBAN. Raises `AccountNotValid`, never with the number."""
    try:
        number = IBAN(text, validate_bban=True)
    except (SchwiftyException, ValueError):
        raise AccountNotValid("This is no valid IBAN: its length, its digits or its check sum is wrong.") from None
    if number.country_code != country:
        raise AccountNotValid(f"The IBAN is of {number.country_code}, not of {country}. Say where the account is held.")
    return Details(kind=Kind.IBAN, account=str(number), holder_name=holder_name, country=country)


def routed(routing: str, number: str, *, holder_name: str, country: Country) -> Details:
    """Describe an account in the United States. Raises `AccountNotValid`, never with a number."""
    if country != ROUTED:
        raise AccountNotValid(f"A routing number is for accounts held in {ROUTED}; in {country} give an IBAN.")
    if not _is_routing_number(routing):
        raise AccountNotValid("This is no valid routing number: nine digits, of which the last checks the others.")
    if not re.fullmatch(r"[0-9]{4,17}", number):
        raise AccountNotValid("An account number in the United States has 4 to 17 digits.")
    return Details(kind=Kind.US, account=number, routing=routing, holder_name=holder_name, country=country)


def _is_routing_number(text: str) -> bool:
    """Check as the American Bankers Association says: weighted 3, 7, 1 the digits sum to a multiple of ten."""
    if not re.fullmatch(r"[0-9]{9}", text) or text == "0" * 9:
        return False
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=True)) % 10 == 0


def describe(
    payee: Payee,
    details: Details,
    before: Details | None,
    *,
    accepted: Accepted,
    sealed: bytes,
    at: datetime,
    delay: timedelta,
) -> Change[Payee]:
    """Say where to pay from now on; what is said anew must be confirmed anew, and a change is paid to later only."""
    _must_be_payable(details, accepted)
    if details == before:
        return Change(payee)
    masked = {"account": details.masked, "holder_name": masked_start(details.holder_name)}
    when = {"described_at": at, "confirmed_at": None, "payable_from": at + delay if before else None}
    return Change(payee.evolve(**masked, **when, kind=details.kind, country=details.country, sealed=sealed))


def confirm(payee: Payee, *, at: datetime) -> Change[Payee]:
    """Say, having read it, that this is where to pay."""
    return Change(payee if payee.confirmed_at else payee.evolve(confirmed_at=at))


def _must_be_payable(details: Details, accepted: Accepted) -> None:
    known = details.kind is not Kind.PROVIDER or re.fullmatch(accepted.accounts, details.account)
    if details.kind not in accepted.kinds or not known:
        raise AccountNotKnown(f"The payment provider cannot pay to this account. {accepted.words}")


def masked_end(text: str) -> str:
    """Show the last characters only, and not how many there are before them."""
    return "••••" + text[-SHOWN:] if len(text) > 2 * SHOWN else "••••"


def masked_start(name: str) -> str:
    """Show the first character of each word only."""
    return " ".join(word[0] + "•••" for word in name.split())
