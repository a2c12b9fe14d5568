"""Demographics: each category by itself, with consent, taken back at any time."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import demographics as domain
from services.identity.domain.account import account_id
from services.identity.domain.demographics import (
    ANSWERS,
    SEVERAL,
    AnswerUnknown,
    Category,
    ConsentMissing,
    Demographics,
)
from tests.unit.identity.examples import NOW

NOTHING = Demographics(id=account_id("account-1"))
GENDER = Category.GENDER
LATER = NOW + timedelta(days=1)


def told(before: Demographics = NOTHING, category: Category = GENDER, **changes: Any) -> Demographics:
    said: dict[str, Any] = {"answers": ANSWERS[category][:1], "consent": True, "at": NOW, **changes}
    change = domain.tell(before, category=category, **said)
    assert change.event is None
    return change.state


@pytest.mark.parametrize("category", Category)
def test_what_is_told_with_consent_is_kept_with_the_instant_and_the_wording(category: Category):
    kept = told(category=category).given[category]
    assert (kept.answers, kept.consented_at, kept.wording) == (ANSWERS[category][:1], NOW, domain.WORDING)


def test_nothing_is_kept_without_consent():
    with pytest.raises(ConsentMissing):
        told(consent=False)


@pytest.mark.parametrize("answers", [(), ("ninja",), ("woman", "ninja"), ("asian",)])
def test_an_answer_is_one_of_those_to_the_question(answers: tuple[str, ...]):
    with pytest.raises(AnswerUnknown, match="woman"):
        told(answers=answers)


@pytest.mark.parametrize("category", Category)
def test_some_questions_have_several_answers_and_the_others_one(category: Category):
    if category in SEVERAL:
        assert (
            told(category=category, answers=ANSWERS[category][1::-1]).given[category].answers == ANSWERS[category][:2]
        )
    else:
        with pytest.raises(AnswerUnknown):
            told(category=category, answers=ANSWERS[category][:2])


def test_to_take_a_consent_back_forgets_that_answer_and_no_other():
    both = told(told(), Category.EDUCATION)
    assert set(domain.take_back(both, category=GENDER).state.given) == {Category.EDUCATION}


def test_all_at_once_keeps_what_stays_the_same_with_its_first_consent():
    before = told(told(), Category.EDUCATION)
    answers = {GENDER: ("woman",), Category.EDUCATION: ("master",)}
    after = domain.tell_all(before, answers=answers, consent=set(answers), at=LATER).state
    assert after.given[GENDER] == before.given[GENDER]
    assert (after.given[Category.EDUCATION].answers, after.given[Category.EDUCATION].consented_at) == (
        ("master",),
        LATER,
    )


def test_an_empty_consent_takes_back_what_had_it_and_refuses_what_never_had():
    answers = {GENDER: ("woman",)}
    assert domain.tell_all(told(), answers=answers, consent=(), at=LATER).state.given == {}
    with pytest.raises(ConsentMissing):
        domain.tell_all(NOTHING, answers=answers, consent=(), at=LATER)


chosen = st.sets(st.sampled_from(Category))


@given(kept=chosen, answered=chosen, consented=chosen)
def test_after_all_at_once_nothing_is_kept_that_was_not_told_and_consented_to(
    kept: set[Category], answered: set[Category], consented: set[Category]
):
    before = NOTHING
    for category in kept:
        before = told(before, category)
    answers = {category: ANSWERS[category][:1] for category in answered}
    try:
        after = domain.tell_all(before, answers=answers, consent=consented, at=LATER).state
    except ConsentMissing:
        assert answered - consented - kept
    else:
        assert set(after.given) == answered & consented
