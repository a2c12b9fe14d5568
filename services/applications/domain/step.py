"""A step in the life of an application or a task: what it became, by whom, when."""

from pydantic import BaseModel, ConfigDict

from contracts.ids import ActorId
from contracts.time import Instant


class Step(BaseModel):
    model_config = ConfigDict(frozen=True)

    status: str
    by: ActorId
    at: Instant
