"""Undoing: who may, until when, and what it was before comes back whole."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.applications import ApplicationReinstated, ApplicationStatus
from services.applications.domain import application as domain
from services.applications.domain.application import Application, ApplicationUnknown, OfferExpired
from services.applications.domain.reinstatement import STILL_ASKED, UNDOABLE, WITHIN, TooLateToUndo, undo
from services.applications.domain.verdict import EligibilityVerdict, NotEligible, Reason
from services.chassis.domain import Actor, Change, NotAllowed, NotInThisState
from tests.unit.applications.examples import ADA, AT, DAY, EVE, LIMITS, MIRA, MO, application, offered, project, term

VALID = 14 * DAY
INSTANT = timedelta(milliseconds=1)


def step(status: str, by: str = "mira", at: Any = AT) -> dict[str, Any]:
    return {"status": status, "by": by, "at": at}


def declined(was: str = "pending", **changes: Any) -> Application:
    ends = {"reason_code": "not_selected", "message": "Many applied.", "status": "declined"}
    history = [step("pending"), step(was), step("declined", "ada")]
    return application(**{"history": history, **ends, **changes})


def withdrawn(was: str, **changes: Any) -> Application:
    return application(**{"status": "withdrawn", "history": [step("pending"), step(was), step("withdrawn")], **changes})


def undone(
    subject: Application, *, by: Actor = ADA, at: Any = AT + DAY - INSTANT, free: bool = True, **changes: Any
) -> Change[Application]:
    verdict = EligibilityVerdict(reasons=tuple(Reason(code=code, text="No.") for code in changes.pop("against", ())))
    run = term(**changes)
    return undo(
        subject, project(), term=run, limits=LIMITS, valid=VALID, place_free=free, verdict=verdict, by=by, at=at
    )


@pytest.mark.parametrize("status", ApplicationStatus)
def test_a_withdrawal_or_a_decline_is_undone_and_nothing_else(status: ApplicationStatus):
    subject = application(status=status, history=[step("pending"), step(status, "ada")])
    if status in UNDOABLE:
        assert undone(subject).state.status == "pending"
    else:
        with pytest.raises(NotInThisState):
            undone(subject)


@pytest.mark.parametrize("was", ["pending", "waitlisted", "active"])
def test_what_it_was_before_comes_back_and_is_told(was: str):
    change = undone(withdrawn(was), by=MIRA)
    assert isinstance(change.event, ApplicationReinstated)
    assert (change.state.status, change.state.history[-1].by) == (was, "mira")


def test_nothing_is_left_of_the_reason():
    assert (undone(declined()).state.reason_code, undone(declined()).state.message) == (None, "")


@pytest.mark.parametrize("by", [MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_nobody_undoes_what_another_did(by: Actor):
    with pytest.raises(ApplicationUnknown if by is EVE else NotAllowed):
        undone(declined(), by=by)


def test_an_expired_offer_is_undone_by_nobody():
    history = [step("pending"), step("accepted", "ada"), step("declined", "system:applications")]
    with pytest.raises(NotAllowed):
        undone(declined(history=history))


def test_a_day_later_it_is_too_late():
    with pytest.raises(TooLateToUndo, match="24 hours"):
        undone(declined(), at=AT + WITHIN)


@pytest.mark.parametrize(("closes", "free", "allowed"), [(2, False, True), (-2, True, True), (-2, False, False)])
def test_the_window_or_the_capacity_must_allow_it(closes: int, free: bool, allowed: bool):
    changes: dict[str, Any] = {"window_opens_at": AT - 9 * DAY, "window_closes_at": AT + closes * DAY, "free": free}
    if allowed:
        assert undone(declined(), **changes).state.status == "pending"
    else:
        with pytest.raises(TooLateToUndo, match="window"):
            undone(declined(), **changes)


@pytest.mark.parametrize("code", sorted(STILL_ASKED))
def test_what_came_up_since_is_in_the_way(code: str):
    with pytest.raises(NotEligible):
        undone(withdrawn("pending"), by=MIRA, against=[code])


def test_what_was_judged_when_they_applied_is_not_judged_again():
    assert undone(withdrawn("pending"), by=MIRA, against=["window_closed", "under_age"]).state.status == "pending"


def test_an_offer_is_good_as_long_as_it_was():
    left = domain.withdraw(
        offered(history=[step("pending"), step("accepted", "ada")]), project(), term=term(), reason="", by=MIRA, at=AT
    ).state
    assert undone(left, by=MIRA, at=AT).state.offer_expires_at == AT + VALID
    late = left.model_copy(update={"accepted_at": AT - VALID})
    with pytest.raises(OfferExpired):
        undone(late, by=MIRA, at=AT)
