"""What each service holds of memory while it is asked: a look now and then, and the picture of all of them."""

from collections import defaultdict
from statistics import mean
from typing import Final

import matplotlib as mpl

from benchmarks.measured import RESULTS, resident
from contracts.catalog import SERVICES
from deploy.local.platform import Platform

WARM: Final = 20_000
"""Requests to a service after which it has loaded what is loaded once."""
GROWTH: Final = 1.1
"""How many times what it held when it was warm a service may hold in the end."""


class Memory:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.asked = 0
        self._seen: dict[str, list[tuple[int, float]]] = defaultdict(list)
        """MiB of each service, by how many requests had been asked of all."""

    def look(self, asked: int) -> None:
        """Look, after so many more requests."""
        self.asked += asked
        for service in SERVICES:
            self._seen[service].append((self.asked, resident(self._platform.pid(service))))

    def growth(self, service: str, since: int) -> float:
        """Say how many times what it held in the first half it holds in the second, once it was warm; else 1.

        `since` is how many requests had been asked of all when it began to be asked.
        """
        warm = [held for asked, held in self._seen[service] if asked >= since + WARM]
        first, second = warm[: len(warm) // 2], warm[len(warm) // 2 :]
        return mean(second) / mean(first) if first else 1.0

    def draw(self) -> None:
        """Draw it as SVG, in `benchmarks/results`."""
        mpl.use("Agg")
        from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of a backend without a display

        figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
        for service, looks in self._seen.items():
            axes.plot(*zip(*looks, strict=True), label=service)
        axes.set(xlabel="requests", ylabel="MiB held", ylim=(0, None))
        axes.legend()
        RESULTS.mkdir(exist_ok=True)
        figure.savefig(RESULTS / "fuzz-memory.svg")
