"""What every domain is made of: aggregates, the changes decisions return, who asks, and refusals."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from contracts.event import Event
from contracts.ids import ActorId


class Refusal(Exception):
    """The request cannot be granted. The class name is the machine-readable code, the text is for a person."""


class NotFound(Refusal):
    """Unknown, or not to be known by whoever asks."""


class Forbidden(Refusal):
    """Whoever asks may know of it but not do this."""


class Conflict(Refusal):
    """The state as it is forbids it; it may be possible later."""


class RuleBroken(Refusal):
    """The request is well formed, and a rule says no to what it asks."""


class NotInThisState(Conflict):
    """A move that the table of moves does not list."""


class NotYetKnown(Conflict):
    """What another service must tell first has not arrived; ask again in a moment."""


class NotAllowed(Forbidden):
    """Whoever asks lacks the role for it."""


class Away(Refusal):
    """Somebody else who is needed does not answer right now; ask again in a moment."""


@dataclass(frozen=True)
class Actor:
    """Who asks: an account with its platform roles, or the system itself."""

    id: ActorId
    roles: frozenset[str] = frozenset()
    second_factor_at: datetime | None = None
    """When they last signed in with a second factor; None where this session has none."""
    client: str = field(default="", compare=False)
    """The application through which they ask, as identity knows it."""

    def has(self, role: str) -> bool:
        return role in self.roles


def system(service: str) -> Actor:
    return Actor(ActorId(f"system:{service}"))


A = TypeVar("A", bound="Aggregate")


@dataclass(frozen=True)
class Change(Generic[A]):
    """What a decision returns: the next state and the fact that says so, if anybody is to know."""

    state: A
    event: Event | None = None


class Aggregate(BaseModel):
    """A frozen state that is stored and changed as one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 1
    """Counts every change; the ETag."""
    sequence: int = 0
    """Counts the events told."""
    pos: int = 0
    """When it was last stored, in microseconds of a clock that never goes back; kept by the store."""

    concerns: ClassVar[tuple[str, ...]] = ()
    """The fields that name accounts whom it is about and who may know of it: what is noted of it, they can read."""

    inside: ClassVar[bool] = False
    """It is kept to decide by, and what becomes of it is in nobody's own part of the audit trail."""

    @property
    def concerned(self) -> frozenset[str]:
        named = (getattr(self, field) for field in self.concerns)
        return frozenset(id for ids in named if ids for id in ([ids] if isinstance(ids, str) else ids))

    def evolve(self, **changes: Any) -> Self:
        """Give the next version with these fields changed, validated."""
        if unknown := changes.keys() - type(self).model_fields:
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}.")
        return type(self).model_validate({**dict(self), **changes, "version": self.version + 1})

    def tell(self, event: type[Event], *, by: Actor, at: datetime, **more: Any) -> Change[Self]:
        """Pair this state with its next event, which picks from it whatever belongs to the public picture."""
        told = self.model_copy(update={"sequence": self.sequence + 1})
        picture = told.model_dump() | more
        return Change(told, event.model_validate({**picture, "at": at, "by": by.id}))
