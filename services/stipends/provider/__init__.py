"""Payment providers: what we ask of one that is called, and which one a deployment has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from contracts.money import Money
from services.chassis.domain import Forbidden
from services.stipends.domain.payee import Accepted, Details
from services.stipends.domain.payment import Report
from services.stipends.domain.reconciliation import Statement

PATIENCE: Final = 5.0
"""Seconds for which a provider may take to answer."""


class SignatureWrong(Forbidden):
    """This callback was not signed by the provider, or not lately."""


class ProviderAway(Exception):
    """The provider did not answer, or with a fault of its own: whether it did what was asked is not known."""


@dataclass(frozen=True)
class Order:
    """What is to be paid; the reference is the idempotency key as well."""

    reference: str
    amount: Money
    payee: Details


class Payer(Protocol):
    """Somebody who is called to pay. Both calls raise `ProviderAway`, and may be repeated."""

    async def pay(self, order: Order) -> Report:
        """Ask for a payment; the same reference is paid once, however often it is asked for."""

    async def look_up(self, reference: str) -> Report | None:
        """Ask what became of a payment; None where it is not known."""


class Provider(Payer, Protocol):
    """A payment provider that is called."""

    accepted: Accepted

    async def statements(self, since: datetime) -> Sequence[Statement]:
        """Give every payment it made or tried to make since then, as its own books have it.

        Raises `ProviderAway`.
        """
