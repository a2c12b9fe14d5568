"""Whether it is really the owner who changes how an account is signed in to."""

from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId
from services.chassis.domain import Forbidden, RuleBroken
from services.chassis.problems import TooManyRequests
from services.identity.store import Identity
from services.identity.store.limits import SIGN_IN

LATELY: Final = timedelta(minutes=15)


class PasswordNeeded(Forbidden):
    """The sign-in is too long ago for this."""


class PasswordWrong(RuleBroken):
    """This is not the account's password."""


async def require_owner(
    identity: Identity, id: AccountId, *, password: str | None, signed_in_at: datetime, at: datetime
) -> None:
    """Let pass who signed in lately or gives the password. Raises `PasswordNeeded`, `PasswordWrong`, `Overloaded`."""
    if password is not None:
        await require_password(identity, id, password, at)
    elif is_late(signed_in_at, at):
        raise PasswordNeeded("You signed in more than 15 minutes ago. Send the password too, or sign in again.")


def is_late(signed_in_at: datetime, at: datetime) -> bool:
    return at - signed_in_at > LATELY


async def require_password(identity: Identity, id: AccountId, password: str, at: datetime) -> None:
    if wait := await identity.limits.try_once(SIGN_IN, id, at=at):
        raise TooManyRequests("Too many tries. Wait a while, then try again.", wait=wait)
    account = await identity.accounts.get(id)
    if account.password is None:
        raise PasswordWrong("Your account has no password. Sign in again, or take one by the link for a forgotten one.")
    if not await identity.hasher.matches(account.password, password):
        await identity.note_in_vain("prove_password", id, "The password was wrong.")
        raise PasswordWrong("This is not your password.")
    await identity.limits.forgive(SIGN_IN, id, at=at)
