"""An application that is not sent yet: nobody but its writer sees it, and it follows no rule."""

from datetime import datetime
from typing import ClassVar

from contracts.ids import AccountId, TermId
from contracts.time import Instant
from services.applications.domain.wish import Wish
from services.chassis.domain import Actor, Aggregate, Change, NotFound


class DraftUnknown(NotFound):
    """Nothing was saved for this term."""


class Draft(Aggregate):
    """One for each person and term."""

    concerns: ClassVar = ("mentee_id",)

    term_id: TermId
    mentee_id: AccountId
    wish: Wish
    saved_at: Instant


def draft_id(by: Actor, term_id: TermId) -> str:
    return f"{by.id}/{term_id}"


def begin(term_id: TermId, *, wish: Wish, by: Actor, at: datetime) -> Change[Draft]:
    return Change(Draft(id=draft_id(by, term_id), term_id=term_id, mentee_id=AccountId(by.id), wish=wish, saved_at=at))


def revise(draft: Draft, *, wish: Wish, at: datetime) -> Change[Draft]:
    return Change(draft.evolve(wish=wish, saved_at=at))
