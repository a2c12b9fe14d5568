"""The eligibility policies that come with the product, each with the instant from which it counts."""

from pathlib import Path
from typing import Final

from services.applications.domain.policy import EligibilityPolicy, policies_of

FOLDER: Final = Path(__file__).parent


def shipped() -> tuple[EligibilityPolicy, ...]:
    return policies_of((FOLDER / "eligibility.json").read_text("utf-8"))
