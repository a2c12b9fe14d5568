"""The people and the project that `make run` puts into a new platform, so that there is something to look at."""

from dataclasses import dataclass
from typing import Final

from deploy.local.platform import Platform


@dataclass(frozen=True)
class SignIn:
    who: str
    email: str
    password: str


SIGN_INS: Final[tuple[SignIn, ...]] = ()
"""Shown at the end of every start."""


def load(platform: Platform) -> None:
    """Called when everything is ready, at every start until it succeeds once; what it raises is told."""
