"""How much two texts have in common, told from sketches of them that are small enough to keep and to look up.

A text is the set of all runs of three words in it. Its sketch is the smallest 64 hashes of these, and the share that
two sketches have in common tells the share that the sets do: A. Z. Broder, "On the resemblance and containment of
documents", 1997. Copied text of which every tenth word was changed still shares more than half.
"""

import re
from hashlib import blake2b
from typing import Final

RUN: Final = 3
"""Words."""
SIZE: Final = 64
FEWEST: Final = 20
"""Runs; what is shorter says nothing of where it is from."""
LOOKED_UP: Final = 8
"""Hashes of a sketch by which others are found: of texts alike by half, one in 250 shares none of them."""
ALIKE: Final = 0.5

Sketch = tuple[int, ...]


def sketch(text: str) -> Sketch:
    """Give the sketch in ascending order; of a text too short an empty one."""
    words = re.findall(r"\w+", text.casefold())
    runs = {" ".join(words[begin : begin + RUN]) for begin in range(len(words) - RUN + 1)}
    return tuple(sorted(map(_hash, runs))[:SIZE]) if len(runs) >= FEWEST else ()


def resemblance(one: Sketch, other: Sketch) -> float:
    """Give the estimated share of runs that both have: 0 to 1."""
    smallest = sorted({*one, *other})[:SIZE]
    both = {*one} & {*other}
    return sum(each in both for each in smallest) / len(smallest) if smallest else 0.0


def _hash(run: str) -> int:
    return int.from_bytes(blake2b(run.encode(), digest_size=7).digest(), "big")
