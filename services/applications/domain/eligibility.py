"""Who may apply to a term: a table of rules, each of which says in words what it finds missing."""

from collections.abc import Callable, Mapping
from typing import Final

from contracts.projects import ProjectStatus
from services.applications.domain.application import ENGAGED
from services.applications.domain.case import Case
from services.applications.domain.verdict import EligibilityVerdict, Reason

PROFILE_UNKNOWN: Final = (
    "No mentee profile of yours is known here: save one or, if you just did, ask again in a moment."
)


def _profile_is_complete(case: Case) -> str | None:
    if case.mentee is None:
        return PROFILE_UNKNOWN
    if not case.mentee.complete or case.mentee.country is None:
        return "Your mentee profile is not complete. Fill in what it still asks for."
    return None


def _is_of_age(case: Case) -> str | None:
    if case.mentee is None or case.mentee.of_age:
        return None
    return "Mentees are at least 18 years old; your profile does not say that you are."


def _may_work(case: Case) -> str | None:
    if case.mentee is None or case.mentee.may_work:
        return None
    return "Mentees may work where they live; your profile does not say that you may."


def _country_is_not_restricted(case: Case) -> str | None:
    if case.mentee is None or case.mentee.country not in case.policy.restricted_countries:
        return None
    return f"Who lives in {case.mentee.country} cannot take part (eligibility policy {case.policy.version})."


def _project_is_published(case: Case) -> str | None:
    return None if case.project.status is ProjectStatus.PUBLISHED else "The project takes no applications right now."


def _window_has_opened(case: Case) -> str | None:
    if case.at >= case.term.window_opens_at:
        return None
    return f"Applications open on {case.term.window_opens_at:%Y-%m-%d at %H:%M} UTC."


def _window_is_open_still(case: Case) -> str | None:
    if case.at < case.term.window_closes_at + case.limits.grace:
        return None
    return f"Applications closed on {case.term.window_closes_at:%Y-%m-%d at %H:%M} UTC."


def _has_not_applied(case: Case) -> str | None:
    before = case.to_this_term(withdrawn=False)
    return f"You applied to this term before; that application is {before[0].status}." if before else None


def _has_not_withdrawn_too_often(case: Case) -> str | None:
    withdrawals = len(case.to_this_term(withdrawn=True))
    if withdrawals < case.limits.most_withdrawals:
        return None
    return f"You withdrew {withdrawals} times from this term; after that there is no further application to it."


def _has_not_applied_too_often(case: Case) -> str | None:
    others = len(case.elsewhere_in_this_period())
    if others < case.limits.most_applications:
        return None
    return (
        f"You have {others} applications to terms at the same time; there can be {case.limits.most_applications}. "
        "Withdraw one of them first."
    )


def _serves_not_this_project(case: Case) -> str | None:
    if not case.project.has_member(case.by):
        return None
    return "You are an administrator or mentor of this project; nobody is that and its mentee."


def _is_not_engaged(case: Case) -> str | None:
    engaged = [earlier for earlier in case.own if earlier.status in ENGAGED]
    return f"You are {engaged[0].status} already; there is one mentorship per person." if engaged else None


RULES: Final[Mapping[str, Callable[[Case], str | None]]] = {
    "profile_incomplete": _profile_is_complete,
    "under_age": _is_of_age,
    "may_not_work": _may_work,
    "country_restricted": _country_is_not_restricted,
    "project_not_published": _project_is_published,
    "window_not_open": _window_has_opened,
    "window_closed": _window_is_open_still,
    "already_applied": _has_not_applied,
    "withdrawn_too_often": _has_not_withdrawn_too_often,
    "too_many_applications": _has_not_applied_too_often,
    "serves_project": _serves_not_this_project,
    "engaged": _is_not_engaged,
}
"""Each rule by the code of the reason it gives."""


def judge(case: Case) -> EligibilityVerdict:
    """Look at every rule, so that whoever asks learns all that is missing at once."""
    found = ((code, rule(case)) for code, rule in RULES.items())
    return EligibilityVerdict(
        reasons=tuple(Reason(code=code, text=text) for code, text in found if text is not None),
        policy_version=case.policy.version,
        case=case.in_short().model_dump_json(),
    )


def judge_again(verdict: EligibilityVerdict) -> EligibilityVerdict:
    """Judge what was looked at then by the rules of now and the policy of then."""
    return judge(Case.model_validate_json(verdict.case))
