"""The terms and conditions that come with the product: a file a version, with the instant from which it counts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.projects.domain.conditions import Conditions, conditions_of

FOLDER: Final = Path(__file__).parent


def shipped() -> Sequence[Conditions]:
    return conditions_of({place.stem: place.read_text("utf-8") for place in FOLDER.glob("*.md")})
