"""Results held back: what the applicant is told is a function of the application, the term and the instant."""

from datetime import timedelta

import pytest

from contracts.applications import ApplicationStatus
from services.applications.domain import application as domain
from services.applications.domain.announcement import HELD_BACK, as_told
from services.applications.domain.outlook import WORDS
from services.chassis.domain import NotInThisState
from tests.unit.applications.examples import AT, DAY, MIRA, application, offered, project, term

INSTANT = timedelta(milliseconds=1)
LATER = term(results_at=AT + 5 * DAY)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_until_the_announcement_what_others_decided_looks_pending(status: ApplicationStatus):
    subject = application(status=status)
    told = as_told(subject, LATER, AT + 5 * DAY - INSTANT).status
    assert told is (ApplicationStatus.PENDING if status in HELD_BACK else status)
    assert as_told(subject, LATER, AT + 5 * DAY) == as_told(subject, term(), AT) == subject


def test_nothing_that_is_shown_lets_a_decision_be_guessed():
    history = [{"status": "pending", "by": "mira", "at": AT}, {"status": "accepted", "by": "ada", "at": AT}]
    before = application(history=history[:1])
    chosen = as_told(offered(history=history), LATER, AT)
    turned_away = application(status="declined", reason_code="other", message="No.", history=history)
    assert chosen == as_told(turned_away, LATER, AT) == before
    assert chosen.what_next == before.what_next


def test_whoever_does_not_know_of_a_decline_may_still_leave():
    subject = application(status="declined")
    left = domain.withdraw(subject, project(), term=LATER, reason="", by=MIRA, at=AT)
    assert left.state.status == "withdrawn"
    with pytest.raises(NotInThisState):
        domain.withdraw(subject, project(), term=term(), reason="", by=MIRA, at=AT)


def test_the_time_of_an_offer_begins_with_the_announcement():
    assert domain.offered_until(LATER, 14 * DAY, AT) == AT + 19 * DAY
    assert domain.offered_until(term(), 14 * DAY, AT) == AT + 14 * DAY
    assert domain.prolong_offer(offered(), term=LATER, valid=14 * DAY).state.offer_expires_at == AT + 19 * DAY
    assert domain.prolong_offer(offered(), term=term(), valid=14 * DAY).state == offered()
    with pytest.raises(NotInThisState):
        domain.prolong_offer(application(), term=LATER, valid=14 * DAY)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_there_are_words_for_what_happens_next_with_every_status(status: ApplicationStatus):
    assert status in WORDS
    assert application(status=status).what_next.endswith(".")


def test_what_is_left_to_do_is_counted():
    assert "2 prerequisite tasks" in application(open_prerequisites=2).what_next
    assert "1 prerequisite task." in application(open_prerequisites=1).what_next
    assert "2026-03-15" in offered().what_next
