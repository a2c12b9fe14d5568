"""Accounts, their standing and their platform roles."""

from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId


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


class AccountErased(AccountEvent):
    """The person erased themself: the account is gone and its id means nobody, for ever. Status as it last was."""

    type: Literal["account.erased.v1"] = "account.erased.v1"
