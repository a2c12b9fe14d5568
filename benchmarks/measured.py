"""What was measured, against what is wanted: as a table, and as a picture."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Measured:
    what: str
    value: float
    unit: str
    wanted: float | None = None
    at_least: bool = True
    """Else at the most."""

    @property
    def share(self) -> float | None:
        """How good it is: 1 is just as wanted, 2 twice as good."""
        if self.wanted is None:
            return None
        return self.value / self.wanted if self.at_least else self.wanted / self.value

    @property
    def goal(self) -> str:
        return "" if self.wanted is None else f"{'≥' if self.at_least else '≤'} {self.wanted:g} {self.unit}"

    @property
    def verdict(self) -> str:
        return "" if self.share is None else "met" if self.share >= 1 else "not met"


def resident(pid: int) -> float:
    """MiB that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def show(rows: Sequence[Measured]) -> None:
    table = Table("what", "measured", "wanted", "")
    for row in rows:
        table.add_row(row.what, f"{row.value:,.4g} {row.unit}", row.goal, row.verdict)
    Console(width=130).print(table)


def draw(rows: Sequence[Measured], name: str) -> None:
    """Draw how each stands to what is wanted of it, as PNG and SVG."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of a backend without a display

    wanted = [row for row in reversed(rows) if row.share is not None]
    figure, axes = plt.subplots(figsize=(10, 0.5 * len(wanted) + 1.5), layout="constrained")
    colors = ["tab:green" if row.verdict == "met" else "tab:orange" for row in wanted]
    bars = axes.barh([row.what for row in wanted], [row.share or 0 for row in wanted], color=colors)
    axes.bar_label(bars, [f" {row.value:,.3g} {row.unit} ({row.goal})" for row in wanted])
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.margins(x=0.35)
    axes.set_xlabel("how good it is; 1 is as wanted")
    RESULTS.mkdir(exist_ok=True)
    for ending in ("png", "svg"):
        figure.savefig(RESULTS / f"{name}.{ending}", dpi=120)
