"""The rules of applying: what an application begins with, and what is told of it."""

from typing import Any

import pytest

from contracts.applications import ApplicationSubmitted
from services.applications.domain import application as domain
from services.applications.domain.application import Application
from services.applications.domain.verdict import EligibilityVerdict, NotEligible, Reason
from services.applications.domain.wish import AiUseMissing, AnswersDoNotFit, Wish
from services.chassis.domain import Change
from tests.unit.applications.examples import AT, MIRA, mentee, project, term

TASKS = ({"name": "Build", "description": "Build it."}, {"name": "Read", "description": "Read it."})
ASKED = ({"id": "q-1", "text": "Why?"}, {"id": "q-2", "text": "How?"})


def applied(
    verdict: EligibilityVerdict, *, of: dict[str, Any] | None = None, says: dict[str, Any] | None = None, **changes: Any
) -> Change[Application]:
    said = {"statement": "I want to learn.", "availability": "30 h", "ai_use": "none", **(says or {})}
    to = project(prerequisites=TASKS, **(of or {}))
    wish = Wish.model_validate(said)
    return domain.apply(
        "a-1", mentee=mentee(**changes), term=term(), project=to, verdict=verdict, wish=wish, by=MIRA, at=AT
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


def test_answers_are_kept_with_what_was_asked_in_the_order_of_the_questions():
    answers = applied(
        EligibilityVerdict(), of={"application_questions": ASKED}, says={"answers": {"q-2": "So.", "q-1": "Because."}}
    ).state.answers
    assert [(each.question, each.text) for each in answers] == [("Why?", "Because."), ("How?", "So.")]


@pytest.mark.parametrize(
    ("answers", "words"),
    [({"q-1": "Because."}, "Answer also: How"), ({"q-1": "B", "q-2": "S", "q-9": "X"}, "does not ask: q-9")],
)
def test_every_question_is_answered_and_no_other(answers: dict[str, str], words: str):
    with pytest.raises(AnswersDoNotFit, match=words):
        applied(EligibilityVerdict(), of={"application_questions": ASKED}, says={"answers": answers})


def test_where_there_is_a_policy_on_ai_the_applicant_says_what_they_used_it_for():
    with pytest.raises(AiUseMissing):
        applied(EligibilityVerdict(), of={"ai_use_policy": "Say so."}, says={"ai_use": ""})
    assert applied(EligibilityVerdict(), of={"ai_use_policy": "Say so."}).state.ai_use == "none"
    assert applied(EligibilityVerdict(), says={"ai_use": ""}).state.ai_use == ""
