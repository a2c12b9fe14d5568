"""Who may apply: each rule alone, at its edges, and all of them together."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import ApplicationStatus
from contracts.projects import ProjectStatus
from services.applications.domain.eligibility import RULES, judge, judge_again
from services.applications.domain.policy import effective_at, policies_of
from services.applications.policies import shipped
from services.chassis.domain import Actor
from tests.unit.applications.examples import (
    ADA,
    AT,
    DAY,
    LIMITS,
    MIRA,
    MO,
    POLICY,
    application,
    case,
    mentee,
    project,
    term,
)

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
    "country_restricted": [{"mentee": mentee(country=country)} for country in ("CU", "IR")],
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


LATER = POLICY.model_copy(update={"version": "2", "effective_from": AT + DAY, "restricted_countries": ("DE",)})


@pytest.mark.parametrize(
    ("at", "version"),
    [(AT - 100 * DAY, "1"), (AT, "1"), (AT + DAY - MOMENT, "1"), (AT + DAY, "2"), (AT + 99 * DAY, "2")],
)
def test_of_the_policies_the_newest_that_counts_by_then_counts(at: datetime, version: str):
    assert effective_at((POLICY, LATER), at).version == version


def test_the_shipped_policy_names_the_six_countries():
    assert set(effective_at(shipped(), AT).restricted_countries) == {"RU", "BY", "CU", "IR", "KP", "SY"}


def policies(*pairs: tuple[str, str]) -> str:
    return json.dumps([{"version": v, "effective_from": at, "restricted_countries": []} for v, at in pairs])


JULY, MAY = "2026-07-01T00:00:00Z", "2026-05-01T00:00:00Z"


def test_policies_are_put_in_the_order_in_which_they_begin_to_count():
    assert [policy.version for policy in policies_of(policies(("2", JULY), ("1", MAY)))] == ["1", "2"]


@pytest.mark.parametrize("pairs", [(), (("1", MAY), ("1", JULY)), (("1", MAY), ("2", MAY))], ids=str)
def test_policies_that_leave_it_open_which_one_counts_are_refused(pairs: tuple[tuple[str, str], ...]):
    with pytest.raises(ValueError, match="version and an instant"):
        policies_of(policies(*pairs))


@pytest.mark.parametrize("changes", [{}, *(some[-1] for some in BROKEN.values())], ids=str)
def test_a_verdict_judged_again_is_the_same(changes: dict[str, Any]):
    verdict = judge(case(**changes))
    assert verdict.policy_version == "1"
    assert judge_again(verdict) == verdict


def test_a_policy_that_came_later_does_not_change_what_was_judged():
    under_the_first, under_the_second = judge(case()), judge(case(policy=LATER))
    assert (under_the_first.eligible, [reason.code for reason in under_the_second.reasons]) == (
        True,
        ["country_restricted"],
    )
    assert judge_again(under_the_first).eligible


def test_what_no_rule_looks_at_is_not_kept():
    tasks = ({"name": "Build", "description": "Build it."},)
    verdict = judge(case(project=project(prerequisites=tasks), by=Actor(MIRA.id, frozenset({"staff", "finance"}))))
    assert not any(word in verdict.case for word in ("Build", "staff", "finance"))
