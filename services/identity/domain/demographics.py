"""What a person may tell about their situation in life, so that it can be counted who takes part.

Each category by itself, with consent, taken back at any time. It is told to nobody: no event, no card, no copy.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import Aggregate, Change, NotFound, RuleBroken


class DemographicsNotFound(NotFound):
    """The person has told nothing of the kind."""


class ConsentMissing(RuleBroken):
    """Without consent nothing of the kind is kept."""


class AnswerUnknown(RuleBroken):
    """This is none of the answers to the question."""


class Category(StrEnum):
    AGE_RANGE = "age_range"
    GENDER = "gender"
    ETHNICITY = "ethnicity"
    EDUCATION = "education"
    HOUSEHOLD_INCOME = "household_income"
    """US dollars a year."""


ANSWERS: Final[Mapping[Category, tuple[str, ...]]] = {
    Category.AGE_RANGE: ("18_to_24", "25_to_34", "35_to_44", "45_to_54", "55_to_64", "65_or_more"),
    Category.GENDER: ("woman", "man", "non_binary", "another"),
    Category.ETHNICITY: (
        "asian",
        "black",
        "hispanic_or_latino",
        "indigenous",
        "middle_eastern_or_north_african",
        "pacific_islander",
        "white",
        "another",
    ),
    Category.EDUCATION: ("school", "vocational_training", "some_university", "bachelor", "master", "doctorate"),
    Category.HOUSEHOLD_INCOME: ("under_10000", "10000_to_24999", "25000_to_49999", "50000_to_99999", "100000_or_more"),
}
"""Closed lists, so that answers can be counted; who does not find themself in one leaves it out."""
SEVERAL: Final = frozenset({Category.GENDER, Category.ETHNICITY})
"""Questions that may have more than one answer."""
WORDING: Final = "2026-11"
"""The version of what is consented to, in docs/identity.md; raise it when its meaning changes."""


class Given(BaseModel):
    """What was told of one category, and the consent to keep it."""

    model_config = ConfigDict(frozen=True)

    answers: tuple[str, ...]
    consented_at: Instant
    wording: str
    """To which version of the words."""


class Demographics(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    concerns: ClassVar = ("id",)

    id: AccountId
    version: int = 0
    given: Mapping[Category, Given] = {}


def tell(
    demographics: Demographics, *, category: Category, answers: tuple[str, ...], consent: bool, at: datetime
) -> Change[Demographics]:
    """Keep what is told of a category. Raises `ConsentMissing`, `AnswerUnknown`."""
    if not consent:
        raise ConsentMissing(f"Consent to having your {_said(category)} counted, or leave it out.")
    allowed = ANSWERS[category]
    if not answers or not set(answers) <= set(allowed):
        raise AnswerUnknown(f"To {_said(category)} the answers are: {', '.join(allowed)}.")
    if len(set(answers)) > 1 and category not in SEVERAL:
        raise AnswerUnknown(f"To {_said(category)} there is one answer. Choose the one that fits best.")
    in_order = tuple(answer for answer in allowed if answer in answers)
    given = Given(answers=in_order, consented_at=at, wording=WORDING)
    return Change(demographics.evolve(given={**demographics.given, category: given}))


def tell_all(
    demographics: Demographics,
    *,
    answers: Mapping[Category, tuple[str, ...]],
    consent: Collection[Category],
    at: datetime,
) -> Change[Demographics]:
    """Keep what is told of all categories at once, and forget those left out or without the consent they had.

    Raises `ConsentMissing` for what is told for the first time without it, `AnswerUnknown`.
    """
    for category in Category:
        kept, told = demographics.given.get(category), answers.get(category, ())
        agreed = category in consent
        if kept and not (told and agreed):
            demographics = take_back(demographics, category=category).state
        elif told and (kept is None or set(kept.answers) != set(told)):
            demographics = tell(demographics, category=category, answers=told, consent=agreed, at=at).state
    return Change(demographics)


def take_back(demographics: Demographics, *, category: Category) -> Change[Demographics]:
    """Forget what was told of a category, and the consent with it."""
    return Change(
        demographics.evolve(given={name: kept for name, kept in demographics.given.items() if name != category})
    )


def _said(category: Category) -> str:
    return category.replace("_", " ")
