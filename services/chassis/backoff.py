"""How long to wait before the next attempt."""

import random


def pause(attempt: int, most: float = 5.0) -> float:
    """Give seconds: 0.2 doubling to `most`, with jitter so that replicas do not step in time."""
    return float(min(most, 0.2 * 2 ** min(attempt, 20))) * random.uniform(0.5, 1)  # noqa: S311 - not a secret
