"""An account: a person's sign-in, its state and its platform roles.

unverified → active ⇄ suspended
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from contracts.identity import (
    AccountErased,
    AccountRegistered,
    AccountRolesChanged,
    AccountStatus,
    AccountSuspended,
    AccountUnsuspended,
    AccountVerified,
    PlatformRole,
)
from contracts.ids import AccountId, ActorId
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, Forbidden, NotFound, NotInThisState, RuleBroken
from services.identity.domain.sign_in_link import ExternalIdentity

NEXT: Final = {
    AccountStatus.UNVERIFIED: {AccountStatus.ACTIVE},
    AccountStatus.ACTIVE: {AccountStatus.SUSPENDED},
    AccountStatus.SUSPENDED: {AccountStatus.ACTIVE},
}


class AccountNotFound(NotFound):
    """No such account."""


class AddressTaken(Conflict):
    """Another account proved this address before."""


class LinkNotGood(RuleBroken):
    """The mailed link was used, has expired, or was never ours; which of them is not said."""


class TermsNotAccepted(RuleBroken):
    """An account needs the terms accepted."""


class OwnAccount(Forbidden):
    """Nobody suspends their own account."""


class OwnRoles(Forbidden):
    """Nobody changes their own roles."""


class LastStaffMember(Conflict):
    """Without staff nobody could grant a role again."""


class Registration(BaseModel):
    """What was told at registration; it becomes the person when the address is proved."""

    model_config = ConfigDict(frozen=True)

    name: str
    email: str
    identity: ExternalIdentity | None = None
    """At a third party; it opens the account once the address is proved."""


class Account(Aggregate):
    concerns: ClassVar = ("id",)

    id: AccountId
    status: AccountStatus = AccountStatus.UNVERIFIED
    roles: tuple[PlatformRole, ...] = ()
    password: Annotated[str | None, Field(repr=False)]
    """Hashed; there is none where a third party alone says who it is."""
    pending: Registration | None
    suspended_because: str | None = None
    """Staff's words, for staff."""
    registered_at: Instant
    terms_accepted_at: Instant

    def move(self, to: AccountStatus, **changes: Any) -> Self:
        if to not in NEXT[self.status]:
            raise NotInThisState(f"An account that is {self.status} cannot become {to}.")
        return self.evolve(status=to, **changes)

    @property
    def is_active(self) -> bool:
        return self.status is AccountStatus.ACTIVE


def account_id(text: str) -> AccountId:
    return AccountId(ActorId(text))


def myself(id: str) -> Actor:
    return Actor(ActorId(id))


def register(
    id: AccountId,
    *,
    name: str,
    email: str,
    password: str | None,
    terms_accepted: bool,
    identity: ExternalIdentity | None = None,
    at: datetime,
) -> Change[Account]:
    """Begin an account; several may wait for the same address, and the first that proves it has it."""
    if not terms_accepted:
        raise TermsNotAccepted("Accept the terms to have an account.")
    pending = Registration(name=name, email=email, identity=identity)
    account = Account(id=id, password=password, pending=pending, registered_at=at, terms_accepted_at=at)
    return account.tell(AccountRegistered, by=myself(id), at=at)


def suspend(account: Account, *, reason: str, other_staff: bool, by: Actor, at: datetime) -> Change[Account]:
    """Close it until further notice. `other_staff` says whether an active account besides this one is staff."""
    if by.id == account.id:
        raise OwnAccount("Nobody suspends their own account. Ask another staff member.")
    must_not_be_last_staff(account, other_staff=other_staff)
    return account.move(AccountStatus.SUSPENDED, suspended_because=reason).tell(AccountSuspended, by=by, at=at)


def unsuspend(account: Account, *, by: Actor, at: datetime) -> Change[Account]:
    if account.status is not AccountStatus.SUSPENDED:
        raise NotInThisState(f"An account that is {account.status} is not suspended.")
    return account.move(AccountStatus.ACTIVE, suspended_because=None).tell(AccountUnsuspended, by=by, at=at)


def verify(account: Account, *, by: Actor, at: datetime) -> Change[Account]:
    if account.status is not AccountStatus.UNVERIFIED:
        raise NotInThisState(f"An account that is {account.status} was verified before.")
    return account.move(AccountStatus.ACTIVE, pending=None).tell(AccountVerified, by=by, at=at)


def grant(account: Account, *, role: PlatformRole, by: Actor, at: datetime) -> Change[Account]:
    _may_change_roles(account, by)
    if role in account.roles:
        return Change(account)
    roles = tuple(sorted({*account.roles, role}))
    return account.evolve(roles=roles).tell(AccountRolesChanged, by=by, at=at)


def withdraw(account: Account, *, role: PlatformRole, other_staff: bool, by: Actor, at: datetime) -> Change[Account]:
    """Take a role. `other_staff` says whether an active account besides this one is staff."""
    _may_change_roles(account, by)
    if role not in account.roles:
        return Change(account)
    if role is PlatformRole.STAFF and not other_staff:
        raise LastStaffMember("This is the last staff member. Make somebody else staff first.")
    roles = tuple(sorted({*account.roles} - {role}))
    return account.evolve(roles=roles).tell(AccountRolesChanged, by=by, at=at)


def erase(account: Account, *, other_staff: bool, by: Actor, at: datetime) -> Change[Account]:
    """Tell that it is gone, roles and all. `other_staff` says whether an active account besides this one is staff."""
    must_not_be_last_staff(account, other_staff=other_staff)
    return account.evolve(roles=()).tell(AccountErased, by=by, at=at)


def must_not_be_last_staff(account: Account, *, other_staff: bool) -> None:
    if PlatformRole.STAFF in account.roles and not other_staff:
        raise LastStaffMember("This is the last staff member. Make somebody else staff first.")


def rehash(account: Account, *, password: str) -> Change[Account]:
    """Keep the same password under newer parameters of the hash; nobody needs to hear of it."""
    return Change(account.evolve(password=password))


def change_password(account: Account, *, password: str) -> Change[Account]:
    """Take a new one, hashed; that older sessions end is told on its own."""
    if not account.is_active:
        raise NotInThisState(f"An account that is {account.status} has no password to change.")
    return Change(account.evolve(password=password))


def _may_change_roles(account: Account, by: Actor) -> None:
    if by.id == account.id:
        raise OwnRoles("Nobody changes their own roles. Ask another staff member.")
    if not account.is_active:
        raise NotInThisState(f"An account that is {account.status} cannot have roles.")
