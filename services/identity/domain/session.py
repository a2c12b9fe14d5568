"""A browser that is signed in: how its person proved themself and when, and how long it stays so."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import NotFound
from services.identity.domain.record import Record

IDLE: Final = timedelta(hours=12)
AT_MOST: Final = timedelta(days=7)
NOTICED: Final = timedelta(minutes=1)
"""How exactly its last use is known."""
ONE_FACTOR: Final = "pwd"
"""The `acr` of a sign-in with a password and nothing else."""
TWO_FACTORS: Final = "mfa"
"""The `acr` of a sign-in with two factors."""


class SessionNotFound(NotFound):
    """Over, or somebody else's."""


class Method(StrEnum):
    """Ways to prove oneself, as `amr` names them (RFC 8176)."""

    PASSWORD = "pwd"  # noqa: S105 - a name of the protocol
    CODE = "otp"
    """A one-time code of an app, or a recovery code."""
    PASSKEY = "pop"
    THIRD_PARTY = "fed"
    """The word of a sign-in provider, however the person proved themself there."""


_FACTOR: Final = {Method.THIRD_PARTY: Method.PASSWORD}
"""A provider's word stands in for the password: the two together are one factor."""


class Proof(BaseModel):
    """One way in which somebody proved who they are, and when."""

    model_config = ConfigDict(frozen=True)

    method: Method
    at: Instant
    verified: bool = False
    """The authenticator checked its owner too, so that it counts for two factors."""


class Session(Record):
    """Its id is the hash of what the browser's cookie holds."""

    sid: str
    """Names the session in tokens."""
    account_id: AccountId
    proofs: tuple[Proof, ...] = ()
    signed_in_at: Instant
    """When the oldest of the proofs was given: nothing it stands for is older."""
    seen_at: Instant
    ends_at: Instant
    acr: str = ONE_FACTOR
    amr: tuple[str, ...] = (Method.PASSWORD,)

    def is_alive(self, at: datetime) -> bool:
        return at < self.ends_at and at - self.seen_at < IDLE

    def is_due_for_notice(self, at: datetime) -> bool:
        return at - self.seen_at >= NOTICED

    def is_older_than(self, seconds: int, at: datetime) -> bool:
        return (at - self.signed_in_at).total_seconds() > seconds


def begin(id: str, *, sid: str, account_id: AccountId, proofs: Iterable[Proof], at: datetime) -> Session:
    latest = tuple({proof.method: proof for proof in proofs}.values())
    first = min(proof.at for proof in latest)
    kinds = {_FACTOR.get(proof.method, proof.method) for proof in latest}
    strong = len(kinds) > 1 or any(proof.verified for proof in latest)
    amr = tuple(proof.method.value for proof in latest)
    return Session(
        id=id,
        sid=sid,
        account_id=account_id,
        proofs=latest,
        signed_in_at=first,
        seen_at=at,
        ends_at=first + AT_MOST,
        acr=TWO_FACTORS if strong else ONE_FACTOR,
        amr=(*amr, TWO_FACTORS) if strong else amr,
    )
