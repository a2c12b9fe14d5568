"""The participation agreement that a mentee signs: texts by version, of which one is in force."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from contracts.time import Instant
from services.chassis.domain import RuleBroken
from services.chassis.versioned import VersionedText, in_force


class AgreementNotInForce(RuleBroken):
    """Only the version of the participation agreement that is in force can be signed."""


class Agreement(BaseModel):
    """The participation agreement as signed."""

    model_config = ConfigDict(frozen=True)

    version: str
    signature: str
    """The name under which the mentee signs, which may be longer than the one of their account."""
    at: Instant


def sign(version: str, signature: str, versions: Sequence[VersionedText], at: datetime) -> Agreement:
    now = in_force(versions, at)
    if version != now.version:
        raise AgreementNotInForce(
            f"{version!r} is not the version of the participation agreement in force; that is {now.version!r}. "
            "Read it, and sign it by that name."
        )
    return Agreement(version=version, signature=signature, at=at)
