"""A step in the life of an application or a task: what it became, or how much longer it lasts, by whom, when."""

from pydantic import BaseModel, ConfigDict

from contracts.ids import ActorId
from contracts.time import Instant


class Step(BaseModel):
    model_config = ConfigDict(frozen=True)

    status: str
    by: ActorId
    at: Instant
    why: str = ""
    """In words, where something was said."""


class Extension(BaseModel):
    """Some weeks more for the mentorship."""

    model_config = ConfigDict(frozen=True)

    weeks: int
    by: ActorId
    at: Instant
