"""The rules of applying: what an application begins with, and what is told of it."""

from typing import Any

import pytest

from contracts.applications import ApplicationSubmitted
from services.applications.domain import application as domain
from services.applications.domain.application import Application
from services.applications.domain.verdict import EligibilityVerdict, NotEligible, Reason
from services.chassis.domain import Change
from tests.unit.applications.examples import AT, MIRA, mentee, term


def applied(verdict: EligibilityVerdict, **changes: Any) -> Change[Application]:
    said = {"statement": "I want to learn.", "availability": "30 h", "ai_use": "none"}
    return domain.apply(
        "a-1", mentee=mentee(**changes), term=term(), verdict=verdict, prerequisites=2, **said, by=MIRA, at=AT
    )


def test_applying_makes_a_pending_application_and_tells_where_the_mentee_lives():
    change = applied(EligibilityVerdict())
    subject = change.state
    assert (subject.status, subject.open_prerequisites, subject.applied_at) == ("pending", 2, AT)
    assert change.event == ApplicationSubmitted.model_validate(
        {**subject.model_dump(), "sequence": 1, "at": AT, "by": "mira"}
    )
    assert change.event.country == "DE"


def test_who_is_not_eligible_is_told_every_reason():
    reasons = (Reason(code="one", text="First."), Reason(code="two", text="Second."))
    with pytest.raises(NotEligible, match=r"First\. Second\."):
        applied(EligibilityVerdict(reasons=reasons))


def test_nobody_applies_from_nowhere():
    with pytest.raises(NotEligible):
        applied(EligibilityVerdict(), country=None)


def test_no_event_of_an_application_tells_what_the_applicant_wrote():
    event = applied(EligibilityVerdict()).event
    assert event is not None
    assert "I want to learn" not in event.model_dump_json()


def test_the_verdict_is_kept():
    verdict = EligibilityVerdict(policy_version="1", case="{}")
    assert applied(verdict).state.verdict == verdict
