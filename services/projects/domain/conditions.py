"""The terms and conditions that a project is submitted under: texts by version, of which one is in force."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from contracts.time import Instant
from services.chassis.domain import RuleBroken


class ConditionsNotInForce(RuleBroken):
    """Only the version of the terms and conditions that is in force can be accepted."""


class Conditions(BaseModel):
    """One version of the text, in Markdown."""

    model_config = ConfigDict(frozen=True)

    version: str
    effective_from: Instant
    text: str


def conditions_of(texts: Mapping[str, str]) -> tuple[Conditions, ...]:
    """Read texts by version, oldest first. Raises `ValueError` where it is not clear which one is in force."""
    read = [_read(version, text) for version, text in texts.items()]
    if not read or len({conditions.effective_from for conditions in read}) < len(read):
        raise ValueError("Terms and conditions need at least one version, each effective from an instant of its own.")
    return tuple(sorted(read, key=lambda conditions: conditions.effective_from))


def in_force(versions: Sequence[Conditions], at: datetime) -> Conditions:
    """Give the newest that counts at this instant; before all of them the first, so that nobody goes without."""
    first, *later = versions
    return [first, *(conditions for conditions in later if conditions.effective_from <= at)][-1]


def must_be_in_force(version: str, versions: Sequence[Conditions], at: datetime) -> None:
    now = in_force(versions, at)
    if version != now.version:
        raise ConditionsNotInForce(
            f"{version!r} is not the version of the terms and conditions in force; that is {now.version!r}. "
            "Read it, and accept it by that name."
        )


def _read(version: str, text: str) -> Conditions:
    """Part the text from its head, which is a line `effective_from: …` between two lines of `---`."""
    opening, head, body = text.split("---\n", 2)
    name, _, instant = head.strip().partition(": ")
    if opening or name != "effective_from":
        raise ValueError(f"The terms and conditions {version!r} do not begin by saying effective_from.")
    return Conditions.model_validate({"version": version, "effective_from": instant, "text": body.strip() + "\n"})
