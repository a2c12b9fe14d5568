"""How people prove themselves, and when what they signed in to is over."""

from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId
from contracts.time import Instant


class SecondFactorKind(StrEnum):
    APP = "app"
    """One-time codes of an authenticator app."""
    PASSKEY = "passkey"


class SecondFactorEvent(Event):
    """How a person proves themself besides the password; never with what."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "second-factor"

    id: AccountId
    kinds: tuple[SecondFactorKind, ...]
    """What there is now; nothing means that the password is enough."""


class SecondFactorAdded(SecondFactorEvent):
    """A further way to prove oneself was set up."""

    type: Literal["second-factor.added.v1"] = "second-factor.added.v1"


class SecondFactorRemoved(SecondFactorEvent):
    """One of them, or all, were removed."""

    type: Literal["second-factor.removed.v1"] = "second-factor.removed.v1"


class SessionsEnded(Event):
    """What an account signed in to before an instant is over: its password was reset, or it was suspended."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.sessions"
    noun: ClassVar[str] = "sessions"

    type: Literal["sessions.ended.v1"] = "sessions.ended.v1"
    id: AccountId
    before: Instant
    """Access tokens issued before this are good no more."""
