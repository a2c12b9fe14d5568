"""What identity tells: accounts and their platform roles, profiles, and (on a topic of its own) who people are."""

from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId
from contracts.money import Country
from contracts.time import Instant


class PlatformRole(StrEnum):
    STAFF = "staff"
    FINANCE = "finance"


class AccountStatus(StrEnum):
    UNVERIFIED = "unverified"
    ACTIVE = "active"
    SUSPENDED = "suspended"


class AccountEvent(Event):
    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "account"

    id: AccountId
    status: AccountStatus
    roles: tuple[PlatformRole, ...]


class AccountRegistered(AccountEvent):
    """Somebody asked for an account; the address is not proved yet."""

    type: Literal["account.registered.v1"] = "account.registered.v1"


class AccountVerified(AccountEvent):
    """The owner proved the address; the account can be used."""

    type: Literal["account.verified.v1"] = "account.verified.v1"


class AccountSuspended(AccountEvent):
    """Staff closed the account until further notice; nobody signs in to it."""

    type: Literal["account.suspended.v1"] = "account.suspended.v1"


class AccountUnsuspended(AccountEvent):
    """Staff opened it again."""

    type: Literal["account.unsuspended.v1"] = "account.unsuspended.v1"


class AccountRolesChanged(AccountEvent):
    """Platform roles were granted or taken."""

    type: Literal["account-roles.changed.v1"] = "account-roles.changed.v1"


class MenteeProfileSaved(Event):
    """A person told about themself as a mentee; what eligibility and stipends need of it, and no more."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "mentee-profile"

    type: Literal["mentee-profile.saved.v1"] = "mentee-profile.saved.v1"
    id: AccountId
    complete: bool
    country: Country | None
    """Current residence."""
    of_age: bool
    """Declares to be at least 18."""
    may_work: bool
    """Declares to be allowed to work where they live."""


class MentorProfileSaved(Event):
    """A person told about themself as a mentor."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "mentor-profile"

    type: Literal["mentor-profile.saved.v1"] = "mentor-profile.saved.v1"
    id: AccountId
    complete: bool


class PersonDescribed(Event):
    """Who an account belongs to. Personal data, on a compacted topic: only the newest matters, erasure empties it."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.people"
    noun: ClassVar[str] = "person"

    type: Literal["person.described.v1"] = "person.described.v1"
    id: AccountId
    name: str
    emails: tuple[str, ...]
    """Proved addresses, lower case, the one for mail first."""


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
