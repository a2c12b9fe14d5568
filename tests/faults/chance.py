"""What chance decides in these tests, and how a run is repeated: `SEED` in the environment."""

import os
import random
import secrets
from typing import Final

SEED: Final = os.environ.get("SEED") or secrets.token_hex(4)


def chance(of: str) -> random.Random:
    """Give the same chance of the same seed, whatever else happens; says which, where a failed test shows it."""
    print(f"SEED={SEED} ({of})")  # noqa: T201 - repeats the run
    return random.Random(f"{SEED}/{of}")  # noqa: S311 - repeats a run
