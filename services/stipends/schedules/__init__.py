"""The stipend schedules that come with the product."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from contracts.money import Money
from services.stipends.domain.schedule import Bounds, Schedule, of_table

FOLDER: Final = Path(__file__).parent


def shipped() -> Mapping[str, Schedule]:
    """Read them, by version. The bounds are those published with the amounts (domain.md, Stipend)."""
    bounds = Bounds(
        base=Money(amount_minor=600_000), minimum=Money(amount_minor=300_000), maximum=Money(amount_minor=660_000)
    )
    lfx = Schedule(
        version="lfx-2022",
        title="LFX Mentorship stipends, 2022",
        effective_from=date(2022, 1, 1),
        rows=of_table((FOLDER / "lfx-2022.csv").read_text("utf-8"), bounds),
        **dict(bounds),
    )
    return {lfx.version: lfx}
