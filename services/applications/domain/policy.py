"""An eligibility policy: versioned data, each version of which counts from an instant until the next one does."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, TypeAdapter

from contracts.money import Country
from contracts.time import Instant


class EligibilityPolicy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    effective_from: Instant
    restricted_countries: tuple[Country, ...]
    """Nobody who lives there takes part."""


def policies_of(text: str) -> tuple[EligibilityPolicy, ...]:
    """Read them, oldest first. Raises `ValueError` where it is not clear which one counts."""
    read = TypeAdapter(tuple[EligibilityPolicy, ...]).validate_json(text)
    for once in ({policy.version for policy in read}, {policy.effective_from for policy in read}):
        if not read or len(once) < len(read):
            raise ValueError("Eligibility policies need a version and an instant of their own each, and at least one.")
    return tuple(sorted(read, key=lambda policy: policy.effective_from))


def effective_at(policies: Iterable[EligibilityPolicy], at: Instant) -> EligibilityPolicy:
    """Give the newest that counts at this instant; before all of them the first, so that nobody slips through."""
    first, *later = policies
    return [first, *(policy for policy in later if policy.effective_from <= at)][-1]
