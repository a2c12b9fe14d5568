"""Double entry: postings move money between a project's accounts, and every balance follows from them.

external_funding ⇄ available ⇄ reserved ⇄ in_transit → paid

The postings of a project are a chain: each is kept with a hash of its content and of the hash before it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from contracts.ids import ActorId, PostingId, ProjectId
from contracts.money import Money
from contracts.stipends import BudgetPosted
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, RuleBroken

NOTHING: Final = Money(amount_minor=0)
LARGEST: Final = Money(amount_minor=10**12)
"""The most that is moved at once, and far below what a sum could overflow at."""
LARGEST_BUDGET: Final = Money(amount_minor=10**14)


class NotPayable(RuleBroken):
    """Not an amount that can be moved."""


class Overdrawn(Conflict):
    """An account does not hold what is to be taken from it."""


class BudgetTooLarge(RuleBroken):
    """More than one project's budget can hold."""


class Account(StrEnum):
    EXTERNAL_FUNDING = "external_funding"
    """Where money comes from: the negative of all deposits."""
    AVAILABLE = "available"
    RESERVED = "reserved"
    """Set aside for stipends."""
    IN_TRANSIT = "in_transit"
    """With the payment provider."""
    PAID = "paid"


class Cause(StrEnum):
    DEPOSIT = "deposit"
    REFUND = "refund"
    RESERVATION = "reservation"
    RELEASE = "release"
    PAYMENT_SENT = "payment_sent"
    PAYMENT_MADE = "payment_made"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_RETURNED = "payment_returned"


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True)

    account: Account
    amount: Money


class Posting(BaseModel):
    """One movement of money; never changed, never deleted, its id booked once."""

    model_config = ConfigDict(frozen=True)

    id: PostingId
    project_id: ProjectId
    cause: Cause
    reference: str
    """What it is about: the bank reference of a deposit or refund, a stipend, a payment."""
    sponsor: str | None = None
    """Who a deposit came from, or a refund goes to."""
    entries: tuple[Entry, ...]
    by: ActorId
    at: Instant

    @model_validator(mode="after")
    def _sums_to_zero(self) -> Self:
        if sum((entry.amount for entry in self.entries), NOTHING) != NOTHING:
            raise ValueError("The entries of a posting sum to zero.")
        return self

    def on(self, account: Account) -> Money:
        """Say by how much it changes an account."""
        return sum((entry.amount for entry in self.entries if entry.account is account), NOTHING)


def chained(posting: Posting, number: int, previous: str) -> str:
    """Give the hash of a posting, its place and all that was booked before it, whose hash is `previous`."""
    said = posting.model_dump(mode="json", exclude_none=True)  # a field added later changes no hash of before
    content = {"number": number, "previous": previous, "posting": said}
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


class Budget(Aggregate):
    """A project's balances, each the sum of its entries; the id is the project's."""

    id: ProjectId
    head: str = ""
    """The hash of its last posting."""
    external_funding: Money = NOTHING
    available: Money = NOTHING
    reserved: Money = NOTHING
    in_transit: Money = NOTHING
    paid: Money = NOTHING

    @model_validator(mode="after")
    def _balanced(self) -> Self:
        if self.sum != NOTHING or any(held < NOTHING for held in self._held().values()):
            raise ValueError("The balances sum to zero and none but external funding is negative.")
        return self

    @property
    def balances(self) -> Mapping[Account, Money]:
        return {Account.EXTERNAL_FUNDING: self.external_funding, **self._held()}

    @property
    def sum(self) -> Money:
        """Sum over all accounts: the trial balance, always zero."""
        return sum(self.balances.values(), NOTHING)

    def _held(self) -> Mapping[Account, Money]:
        return {
            Account.AVAILABLE: self.available,
            Account.RESERVED: self.reserved,
            Account.IN_TRANSIT: self.in_transit,
            Account.PAID: self.paid,
        }


def must_be_payable(amount: Money) -> None:
    if amount.currency != NOTHING.currency:
        raise NotPayable(f"Budgets and stipends are in {NOTHING.currency}, not in {amount.currency}.")
    if not (amount > NOTHING and amount < LARGEST):
        raise NotPayable(f"The amount must be more than nothing and less than {LARGEST}.")


def moved(
    id: str,
    project_id: ProjectId,
    amount: Money,
    accounts: tuple[Account, Account],
    *,
    cause: Cause,
    reference: str,
    sponsor: str | None = None,
    by: Actor,
    at: datetime,
) -> Posting:
    """Describe a movement from the first account to the second."""
    must_be_payable(amount)
    giving, taking = accounts
    entries = (Entry(account=giving, amount=-amount), Entry(account=taking, amount=amount))
    return Posting(
        id=PostingId(id),
        project_id=project_id,
        cause=cause,
        reference=reference,
        sponsor=sponsor,
        entries=entries,
        by=by.id,
        at=at,
    )


deposit: Final = partial(moved, accounts=(Account.EXTERNAL_FUNDING, Account.AVAILABLE), cause=Cause.DEPOSIT)
"""Money arrived from outside."""
refund: Final = partial(moved, accounts=(Account.AVAILABLE, Account.EXTERNAL_FUNDING), cause=Cause.REFUND)
"""Money that nothing is reserved of goes back to where it came from."""


def book(budget: Budget, posting: Posting) -> Change[Budget]:
    """Apply a posting to the balances. Raises `Overdrawn`, `BudgetTooLarge`."""
    after = {account: balance + posting.on(account) for account, balance in budget.balances.items()}
    for account, balance in after.items():
        if account is not Account.EXTERNAL_FUNDING and balance < NOTHING:
            held = budget.balances[account]
            raise Overdrawn(f"{account} holds {held}, which is {-balance} less than what is to be taken from it.")
    if after[Account.EXTERNAL_FUNDING] < -LARGEST_BUDGET:
        raise BudgetTooLarge(f"One project's budget holds {LARGEST_BUDGET} at most.")
    head = chained(posting, budget.sequence + 1, budget.head)
    booked = budget.evolve(**{account.value: balance for account, balance in after.items()}, head=head)
    return booked.tell(BudgetPosted, by=Actor(posting.by), at=posting.at, posting_id=posting.id, cause=posting.cause)
