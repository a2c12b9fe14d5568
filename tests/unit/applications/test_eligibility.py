"""Who may apply: each rule alone, at its edges, and all of them together."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import ApplicationStatus
from contracts.projects import ProjectStatus
from services.applications.domain.eligibility import RULES, judge
from tests.unit.applications.examples import ADA, AT, DAY, LIMITS, MO, application, case, mentee, project, term

MOMENT = timedelta(milliseconds=1)
ELSEWHERE = {f"t-{n}": term(id=f"t-{n}", project_id=f"p-{n}") for n in (2, 3, 4)}
PENDING_ELSEWHERE = [application(id=f"a-{n}", term_id=f"t-{n}", project_id=f"p-{n}") for n in (2, 3, 4)]
WITHDRAWN = [application(id=f"a-{n}", status="withdrawn") for n in range(3)]

BROKEN: dict[str, list[dict[str, Any]]] = {
    "profile_incomplete": [
        {"mentee": None},
        {"mentee": mentee(complete=False)},
        {"mentee": mentee(country=None)},
    ],
    "under_age": [{"mentee": mentee(of_age=False)}],
    "may_not_work": [{"mentee": mentee(may_work=False)}],
    "project_not_published": [
        {"project": project(status=status)} for status in ProjectStatus if status is not ProjectStatus.PUBLISHED
    ],
    "window_not_open": [{"at": AT - DAY - MOMENT}],
    "window_closed": [{"at": AT + 10 * DAY + LIMITS.grace}],
    "already_applied": [{"own": [application(status=status)]} for status in ("pending", "waitlisted", "declined")],
    "withdrawn_too_often": [{"own": WITHDRAWN}],
    "too_many_applications": [{"own": PENDING_ELSEWHERE, "terms": ELSEWHERE}],
    "serves_project": [{"by": ADA}, {"by": MO}],
    "engaged": [
        {"own": [application(term_id="t-0", project_id="p-0", status=status)]}
        for status in ("accepted", "active", "graduated")
    ],
}
KEPT: dict[str, list[dict[str, Any]]] = {
    "window_not_open": [{"at": AT - DAY}],
    "window_closed": [{"at": AT + 10 * DAY + LIMITS.grace - MOMENT}],
    "already_applied": [{"own": WITHDRAWN[:1]}, {"own": [application(term_id="t-2")], "terms": ELSEWHERE}],
    "withdrawn_too_often": [{"own": WITHDRAWN[:2]}],
    "too_many_applications": [
        {"own": PENDING_ELSEWHERE[:2], "terms": ELSEWHERE},
        {"own": [*PENDING_ELSEWHERE[:2], application(term_id="t-4", status="withdrawn")], "terms": ELSEWHERE},
        {
            "own": PENDING_ELSEWHERE,
            "terms": {**ELSEWHERE, "t-4": term(id="t-4", starts_at=AT + 100 * DAY, ends_at=AT + 200 * DAY)},
        },
    ],
    "engaged": [{"own": [application(term_id="t-0", status=status)]} for status in ("failed", "declined", "withdrawn")],
}


def codes(**changes: Any) -> list[str]:
    return [reason.code for reason in judge(case(**changes)).reasons]


def test_nothing_speaks_against_a_person_whom_no_rule_concerns():
    assert judge(case()).eligible


def test_every_rule_is_tried():
    assert BROKEN.keys() == RULES.keys()


@pytest.mark.parametrize(("code", "changes"), [(code, one) for code, some in BROKEN.items() for one in some])
def test_a_broken_rule_alone_is_the_reason_and_says_why(code: str, changes: dict[str, Any]):
    verdict = judge(case(**changes))
    assert [reason.code for reason in verdict.reasons] == [code]
    assert (verdict.eligible, verdict.in_words()) == (False, verdict.reasons[0].text)
    assert verdict.reasons[0].text.endswith(".")


@pytest.mark.parametrize("changes", [one for some in KEPT.values() for one in some])
def test_just_within_the_rules_is_eligible(changes: dict[str, Any]):
    assert codes(**changes) == []


@pytest.mark.parametrize("status", ApplicationStatus)
def test_of_the_own_applications_to_this_term_only_a_withdrawn_one_leaves_the_way_open(status: ApplicationStatus):
    assert ("already_applied" in codes(own=[application(status=status)])) is (status != "withdrawn")


def test_all_that_is_missing_is_told_at_once():
    found = codes(by=ADA, mentee=mentee(of_age=False, may_work=False, complete=False), at=AT + 11 * DAY)
    assert found == ["profile_incomplete", "under_age", "may_not_work", "window_closed", "serves_project"]


def test_the_words_name_what_was_found():
    assert "closed on 2026-03-11 at 00:00 UTC" in judge(case(at=AT + 11 * DAY)).in_words()
    assert "open on 2026-02-28 at 00:00 UTC" in judge(case(at=AT - 2 * DAY)).in_words()
    assert "3 applications" in judge(case(own=PENDING_ELSEWHERE, terms=ELSEWHERE)).in_words()


@given(st.integers(-30, 30), st.integers(0, 120))
def test_the_window_with_its_grace_is_one_stretch_of_time(hours: int, minutes: int):
    at = AT + 10 * DAY + timedelta(hours=hours, minutes=minutes)
    assert judge(case(at=at)).eligible is (at < AT + 10 * DAY + LIMITS.grace)


@given(st.lists(st.sampled_from(sorted(BROKEN)), unique=True))
def test_reasons_come_in_the_order_of_the_rules_and_never_hide_each_other(broken: list[str]):
    changes: dict[str, Any] = {}
    for code in broken:
        one = BROKEN[code][-1]
        if not one.keys() & changes.keys():
            changes |= one
    expected = [code for code in RULES if any(changes.items() >= one.items() for one in BROKEN[code])]
    assert codes(**changes) == expected
