"""What one tells about one's situation in life, and the consents to it, given and taken back."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.domain import Refusal
from services.chassis.http import Now, anyone
from services.identity.dependencies import Data
from services.identity.domain.demographics import ANSWERS, SEVERAL, Category, Demographics
from services.identity.domain.session import Session
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.rendering import page, safe_headers
from services.identity.pages.submitted import submitted, to_sign_in

PLACE: Final = "/account/profile/demographics"
QUESTIONS: Final[Mapping[Category, str]] = {
    Category.AGE_RANGE: _("Age"),
    Category.GENDER: _("Gender"),
    Category.ETHNICITY: _("Ethnicity"),
    Category.EDUCATION: _("Education"),
    Category.HOUSEHOLD_INCOME: _("Household income a year"),
}
WORDS: Final = {
    "non_binary": _("Non-binary"),
    "hispanic_or_latino": _("Hispanic or Latino"),
    "middle_eastern_or_north_african": _("Middle Eastern or North African"),
    "pacific_islander": _("Pacific Islander"),
    "bachelor": _("Bachelor's degree"),
    "master": _("Master's degree"),
    "under_10000": _("Under 10,000 USD"),
    "10000_to_24999": _("10,000 to 24,999 USD"),
    "25000_to_49999": _("25,000 to 49,999 USD"),
    "50000_to_99999": _("50,000 to 99,999 USD"),
    "100000_or_more": _("100,000 USD or more"),
}
"""Answers that are written otherwise than by their code."""

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)])


@router.get("")
async def show_demographics(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    told = await identity.profiles.demographics.of(session.account_id)
    return _page(request, _answers_of(told), set(told.given))


@router.post("")
async def tell_demographics(request: Request, identity: Data, now: Now) -> Response:
    """Keep what has its consent; what has it no more is gone."""

    async def work(form: dict[str, str], session: Session) -> Response:
        answers = {category: _chosen(form, category) for category in Category}
        consent = {category for category in Category if form.get(f"consent_{category}") == "yes"}
        try:
            await identity.profiles.demographics.tell_all(session.account_id, answers, consent, at=now)
        except Refusal as no:
            return _page(request, answers, consent, 422, wrong=str(no))
        return RedirectResponse("/account/profile", 303, safe_headers(request))

    return await submitted(request, identity, now, work)


def _answers_of(told: Demographics) -> dict[Category, tuple[str, ...]]:
    return {category: given.answers for category, given in told.given.items()}


def _chosen(form: dict[str, str], category: Category) -> tuple[str, ...]:
    if category in SEVERAL:
        return tuple(answer for answer in ANSWERS[category] if form.get(f"{category}_{answer}") == "yes")
    return (form[category],) if category in form else ()


def _page(
    request: Request,
    answers: Mapping[Category, tuple[str, ...]],
    consent: set[Category],
    status: int = 200,
    wrong: str = "",
) -> Response:
    questions: list[dict[str, Any]] = [
        {
            "category": category,
            "words": QUESTIONS[category],
            "several": category in SEVERAL,
            "answers": [(answer, _words(answer)) for answer in ANSWERS[category]],
            "given": answers.get(category, ()),
            "consented": category in consent,
        }
        for category in Category
    ]
    return page(request, "profile-demographics", status, questions=questions, wrong=wrong)


def _words(answer: str) -> str:
    """Write an answer for people: `18_to_24` as `18 to 24`."""
    return WORDS.get(answer) or answer.replace("_", " ").capitalize()
