"""The participation agreements that come with the product: a file a version, with the instant from which it counts."""

from pathlib import Path
from typing import Final

from services.chassis.versioned import VersionedText, texts_in

FOLDER: Final = Path(__file__).parent


def shipped() -> tuple[VersionedText, ...]:
    return texts_in(FOLDER)
