"""The base of every event: a CloudEvent whose data repeats the aggregate's whole public picture."""

import re
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import ActorId
from contracts.time import Instant

SPEC_VERSION: Final = "1.0"


class Event(BaseModel):
    """A fact about one aggregate, told once under the id `noun/aggregate id/sequence` and never changed in meaning.

    `sequence` counts the aggregate's events 1, 2, 3 ... without gaps. Unknown fields are passed over, so that a
    writer may say more than a reader knows.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: ClassVar[str]
    """The service that writes it."""
    topic: ClassVar[str]
    noun: ClassVar[str]
    """The aggregate's kind; ids are unique within it."""

    type: str
    id: str
    sequence: int = Field(ge=1)
    at: Instant
    by: ActorId

    @property
    def key(self) -> str:
        """The message's key: all events of one aggregate, and only they, share it and stay in order."""
        return f"{self.noun}/{self.id}"

    @property
    def event_id(self) -> str:
        """The same however often the event is sent."""
        return f"{self.key}/{self.sequence}"

    def headers(self) -> dict[str, str]:
        """CloudEvents 1.0, Kafka binding, binary mode."""
        return {
            "ce_specversion": SPEC_VERSION,
            "ce_id": self.event_id,
            "ce_source": f"/{self.source}",
            "ce_type": self.type,
            "ce_subject": self.key,
            "ce_time": self.model_dump(mode="json", include={"at"})["at"],
            "ce_sequence": str(self.sequence),
            "content-type": "application/json",
        }

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        default = cls.model_fields["type"].default
        if isinstance(default, str) and default != wire_name(cls.__name__, version_of(default)):
            raise TypeError(f"{cls.__name__} must be called {wire_name(cls.__name__)}, not {default}.")


def wire_name(class_name: str, version: int = 1) -> str:
    """Name an event on the wire: `MentorInvitationSent` is `mentor-invitation.sent.v1`."""
    *noun, verb = [word.lower() for word in re.findall(r"[A-Z][a-z]+", re.sub(r"V\d+$", "", class_name))]
    return f"{'-'.join(noun)}.{verb}.v{version}"


def version_of(type_: str) -> int:
    return int(type_.rpartition(".v")[2])
