"""The terms and conditions that a project is submitted under: texts by version, of which one is in force."""

from collections.abc import Sequence
from datetime import datetime

from services.chassis.domain import RuleBroken
from services.chassis.versioned import VersionedText, in_force


class ConditionsNotInForce(RuleBroken):
    """Only the version of the terms and conditions that is in force can be accepted."""


def must_be_in_force(version: str, versions: Sequence[VersionedText], at: datetime) -> None:
    now = in_force(versions, at)
    if version != now.version:
        raise ConditionsNotInForce(
            f"{version!r} is not the version of the terms and conditions in force; that is {now.version!r}. "
            "Read it, and accept it by that name."
        )
