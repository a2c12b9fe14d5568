"""What a person proves themself with besides the password: an authenticator app, passkeys, and recovery codes."""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from contracts.identity import SecondFactorAdded, SecondFactorKind, SecondFactorRemoved
from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, Forbidden, NotFound, RuleBroken
from services.identity.domain.record import digest

MOST_PASSKEYS: Final = 10


class SecondFactorNotFound(NotFound):
    """There is none of this kind."""


class SecondFactorThere(Conflict):
    """It is set up already; what is there has to be removed first."""


class SecondFactorNeeded(Forbidden):
    """This sign-in did not use the second factor."""


class CodeNotGood(RuleBroken):
    """The code is wrong, too old, or was used before; which of them is not said."""


class PasskeyNotGood(RuleBroken):
    """What the passkey sent does not prove anything, or was sent before."""


class App(BaseModel):
    """An authenticator app that shares a secret with us."""

    model_config = ConfigDict(frozen=True)

    sealed: Annotated[bytes, Field(repr=False)]
    added_at: Instant
    last_step: int
    """The 30 seconds (counted from 1970) of the newest code that was used; it and all before it are good no more."""


class Passkey(BaseModel):
    """A key pair that an authenticator keeps for our site; we know the public part."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The credential's id, in base64url."""
    name: str
    public_key: bytes
    count: int
    """Of its uses, where the authenticator counts them: a lower one comes from a copy."""
    added_at: Instant


class SecondFactor(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    concerns: ClassVar = ("id",)

    id: AccountId
    version: int = 0
    offered: Annotated[bytes | None, Field(repr=False)] = None
    """The sealed secret of an app that has not shown a code yet."""
    app: App | None = None
    passkeys: tuple[Passkey, ...] = ()
    recovery: Annotated[tuple[str, ...], Field(repr=False)] = ()
    """Hashes of the recovery codes that are left."""

    @property
    def kinds(self) -> tuple[SecondFactorKind, ...]:
        app = (SecondFactorKind.APP,) if self.app else ()
        return (*app, SecondFactorKind.PASSKEY) if self.passkeys else app

    def require_proved(self, *, proved: bool) -> None:
        """Let nobody change it who did not use it. Raises `SecondFactorNeeded`."""
        if self.is_there and not proved:
            raise SecondFactorNeeded("Sign in with your second factor, or with a recovery code, to change it.")

    def passkey(self, id: str) -> Passkey:
        """Raises `PasskeyNotGood`."""
        found = next((passkey for passkey in self.passkeys if passkey.id == id), None)
        if found is None:
            raise PasskeyNotGood("This passkey does not sign in here. Try again, or sign in another way.")
        return found

    @property
    def is_there(self) -> bool:
        return bool(self.kinds)

    @property
    def recovery_codes_left(self) -> int:
        return len(self.recovery)


def offer_app(factor: SecondFactor, *, sealed: bytes, proved: bool) -> Change[SecondFactor]:
    """Keep a secret until the app shows that it has it; an earlier offer is forgotten.

    `proved` says whether whoever asks signed in with two factors; needed where there are two already.
    """
    if factor.app:
        raise SecondFactorThere("There is an authenticator app already. Remove it first.")
    factor.require_proved(proved=proved)
    return Change(factor.evolve(offered=sealed))


def confirm_app(
    factor: SecondFactor, *, step: int | None, recovery: tuple[str, ...], by: Actor, at: datetime
) -> Change[SecondFactor]:
    """Begin to demand the app's codes. `step` is that of the code it showed, None where the code was wrong."""
    if factor.offered is None:
        raise SecondFactorNotFound("There is no authenticator app to confirm. Begin again.")
    if step is None:
        raise CodeNotGood("This code is not the one of this moment. Look at the app and at its clock.")
    app = App(sealed=factor.offered, added_at=at, last_step=step)
    confirmed = factor.evolve(app=app, offered=None, recovery=recovery)
    return confirmed.tell(SecondFactorAdded, by=by, at=at, kinds=confirmed.kinds)


def use_code(factor: SecondFactor, *, step: int | None) -> Change[SecondFactor]:
    """Take a code of the app; it and all before it are good no more."""
    if factor.app is None or step is None or step <= factor.app.last_step:
        raise CodeNotGood("This code is not good, or was used before. Wait for the next one.")
    return Change(factor.evolve(app=factor.app.model_copy(update={"last_step": step})))


def use_recovery_code(factor: SecondFactor, *, code: str) -> Change[SecondFactor]:
    hashed = digest(plain(code))
    if hashed not in factor.recovery:
        raise CodeNotGood("This code is not good, or was used before. Wait for the next one.")
    return Change(factor.evolve(recovery=tuple(left for left in factor.recovery if left != hashed)))


def remove(factor: SecondFactor, *, proved: bool, by: Actor, at: datetime) -> Change[SecondFactor]:
    """Let the password be enough again. `proved` says whether whoever asks signed in with two factors."""
    if not factor.is_there:
        raise SecondFactorNotFound("There is no second factor.")
    factor.require_proved(proved=proved)
    removed = factor.evolve(app=None, offered=None, passkeys=(), recovery=())
    return removed.tell(SecondFactorRemoved, by=by, at=at, kinds=removed.kinds)


def add_passkey(
    factor: SecondFactor, *, passkey: Passkey, recovery: tuple[str, ...], by: Actor, at: datetime
) -> Change[SecondFactor]:
    if len(factor.passkeys) >= MOST_PASSKEYS:
        raise SecondFactorThere(f"There are {MOST_PASSKEYS} passkeys already. Remove one first.")
    passkeys = (*factor.passkeys, passkey)
    added = factor.evolve(passkeys=passkeys, recovery=recovery)
    return added.tell(SecondFactorAdded, by=by, at=at, kinds=added.kinds)


def use_passkey(factor: SecondFactor, *, passkey_id: str, count: int) -> Change[SecondFactor]:
    used = factor.passkey(passkey_id).model_copy(update={"count": count})
    return Change(factor.evolve(passkeys=tuple(used if known.id == passkey_id else known for known in factor.passkeys)))


def plain(code: str) -> str:
    """Give a recovery code as it is hashed, however it was typed."""
    return "".join(code.lower().replace("-", "").split())
