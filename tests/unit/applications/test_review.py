"""Reviews: who gives and reads them, blind where the project wants it, nothing where interests conflict."""

from typing import Any

import pytest

from contracts.applications import ApplicationStatus
from services.applications.domain import review as domain
from services.applications.domain.application import ApplicationUnknown
from services.applications.domain.review import UNDECIDED, ConflictOfInterest, Review
from services.chassis.domain import Actor, NotAllowed, NotInThisState
from tests.unit.applications.examples import ADA, AT, EVE, MIRA, MO, application, project


def give(before: Review | None = None, *, by: Actor = MO, status: str = "pending", **said: Any) -> Review:
    words: dict[str, Any] = {"rating": 4, "note": "Good.", "conflict_of_interest": False, **said}
    return domain.give(before, application(status=status), project(), **words, by=by, at=AT).state


def shown(*reviews: Review, reader: Actor, status: str = "pending", blind: bool = True) -> list[str]:
    of = project(blind_review=blind)
    return [each.reviewer_id for each in domain.shown(reviews, application(status=status), of, reader=reader)]


@pytest.mark.parametrize(("by", "refusal"), [(ADA, None), (MO, None), (MIRA, NotAllowed), (EVE, ApplicationUnknown)])
def test_the_projects_people_give_reviews_and_nobody_else(by: Actor, refusal: type[Exception] | None):
    if refusal is None:
        assert (give(by=by).rating, give(by=by).reviewer_id) == (4, by.id)
    else:
        with pytest.raises(refusal):
            give(by=by)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_what_is_decided_is_not_rated_any_more_and_a_conflict_is_still_declared(status: ApplicationStatus):
    assert give(status=status, conflict_of_interest=True).rating is None
    if status in UNDECIDED:
        assert give(status=status).rating == 4
    else:
        with pytest.raises(NotInThisState, match="before the decision"):
            give(status=status)


def test_a_declared_conflict_stays_and_hides_what_others_gave():
    declared = give(conflict_of_interest=True, note="My cousin.")
    with pytest.raises(ConflictOfInterest):
        give(declared)
    with pytest.raises(ConflictOfInterest):
        shown(declared, give(by=ADA), reader=MO)
    assert shown(declared, give(by=ADA), reader=ADA) == ["mo", "ada"]


@pytest.mark.parametrize("status", ApplicationStatus)
def test_in_blind_review_the_others_are_seen_after_ones_own_or_the_decision(status: ApplicationStatus):
    assert shown(give(), reader=ADA, status=status) == ([] if status in UNDECIDED else ["mo"])
    assert shown(give(), reader=ADA, status=status, blind=False) == ["mo"]
    assert shown(give(), give(by=ADA), reader=ADA, status=status) == ["mo", "ada"]
