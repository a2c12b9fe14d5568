"""A statement of a project's money for a time: what there was, what moved and why, what there is."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from contracts.money import Money
from services.stipends.domain.ledger import NOTHING, Account, Cause


class Movement(BaseModel):
    """What the postings of one cause did to one account."""

    model_config = ConfigDict(frozen=True)

    cause: Cause
    account: Account
    amount: Money
    postings: int


class Statement(BaseModel):
    model_config = ConfigDict(frozen=True)

    opening: Mapping[Account, Money]
    movements: tuple[Movement, ...]
    closing: Mapping[Account, Money]

    @property
    def sum(self) -> Money:
        """Sum over all accounts at the end: the trial balance, always zero."""
        return sum(self.closing.values(), NOTHING)


def balances(movements: Iterable[Movement]) -> Mapping[Account, Money]:
    told = tuple(movements)
    return {account: sum((one.amount for one in told if one.account is account), NOTHING) for account in Account}


def statement(before: Sequence[Movement], within: Sequence[Movement]) -> Statement:
    """Derive it from the postings alone, not from any balance that is kept."""
    opening = balances(before)
    moved = balances(within)
    closing = {account: opening[account] + moved[account] for account in Account}
    return Statement(opening=opening, movements=tuple(within), closing=closing)
