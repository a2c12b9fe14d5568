"""Walks a project's chain of postings and derives its balances anew, as if all were booked again."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.ids import ProjectId
from services.chassis.domain import Refusal
from services.stipends.domain.ledger import Budget, Posting, book


class Broken(Exception):
    """The ledger is not what was booked; the text says where, for a person."""


class Finding(BaseModel):
    """What the walk through one project's postings found."""

    model_config = ConfigDict(frozen=True)

    project_id: ProjectId
    postings: int
    """So many are sound."""
    head: str
    fault: str | None = None


def follow(derived: Budget, row: Mapping[str, Any]) -> Budget:
    """Book the next posting as it is kept. Raises `Broken`."""
    number = derived.sequence + 1
    if row.get("number") != number:
        raise Broken(f"Posting {number} is missing: the next is {row.get('number')}.")
    try:
        booked = book(derived, Posting.model_validate(row)).state
    except (Refusal, ValidationError) as error:
        raise Broken(f"Posting {number} ({row['id']}) cannot have been booked: {_words(error)}") from error
    if row.get("hash") != booked.head:
        raise Broken(f"Posting {number} ({row['id']}) was changed: its hash does not fit it and those before it.")
    return booked


def compare(derived: Budget, kept: Budget | None) -> None:
    """Compare what the postings come to with what is kept. Raises `Broken`."""
    if kept is None:
        raise Broken("There are postings, but no budget.")
    if derived.sequence < kept.sequence:
        raise Broken(f"Posting {derived.sequence + 1} is missing: {kept.sequence} were booked.")
    if derived.sequence > kept.sequence:
        raise Broken(f"Posting {kept.sequence + 1} was added: {kept.sequence} were booked.")
    for account, balance in derived.balances.items():
        if kept.balances[account] != balance:
            raise Broken(f"The budget says {account} holds {kept.balances[account]}; its postings come to {balance}.")
    if kept.head != derived.head:
        raise Broken(f"The budget's last posting is not posting {derived.sequence}: the hashes differ.")


def _words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(str(one["msg"]) for one in error.errors())
    return str(error)
