"""A grant: what a person let a client have, the code it began with, and the refresh tokens that prolong it.

Code and refresh tokens are spent once. Whoever comes second with one of them ends the whole grant, for one of the two
stole it.
"""

from datetime import datetime, timedelta
from typing import Final

from contracts.ids import AccountId
from contracts.time import Instant
from services.identity.domain.record import Record
from services.identity.domain.session import Session

CODE_LIFE: Final = timedelta(seconds=60)
ACCESS_LIFE: Final = timedelta(minutes=10)
REFRESH_IDLE: Final = timedelta(days=14)
REFRESH_AT_MOST: Final = timedelta(days=30)
REMEMBERED: Final = timedelta(days=1)
"""How long a spent code is known again."""


class Grant(Record):
    account_id: AccountId
    client_id: str
    sid: str
    scope: str
    resource: str
    """The audiences it is for, separated by spaces; a token has one of them, the first unless another is asked for."""
    signed_in_at: Instant
    acr: str
    amr: tuple[str, ...]
    nonce: str | None
    granted_at: Instant
    ends_at: Instant
    revoked_at: Instant | None = None

    @property
    def is_offline(self) -> bool:
        """Outlives the session it began in."""
        return "offline_access" in self.scope.split()

    def is_alive(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.ends_at

    def audience(self, asked: str | None) -> str | None:
        """Give the audience of a token, or None where what is asked for was not granted (RFC 8707, 2.2)."""
        granted = self.resource.split()
        return granted[0] if asked is None else asked if asked in granted else None


class Code(Record):
    """Its id is the hash of the code."""

    grant_id: str
    client_id: str
    redirect_uri: str
    challenge: str | None
    scope: str
    expires_at: Instant
    forget_at: Instant
    used_at: Instant | None = None

    def is_good(self, at: datetime) -> bool:
        return self.used_at is None and at < self.expires_at


class RefreshToken(Record):
    """Its id is the hash of the token."""

    grant_id: str
    client_id: str
    scope: str
    expires_at: Instant
    forget_at: Instant
    used_at: Instant | None = None

    def is_good(self, at: datetime) -> bool:
        return self.used_at is None and at < self.expires_at


def begin(
    id: str, *, session: Session, client_id: str, scope: str, resource: str, nonce: str | None, at: datetime
) -> Grant:
    return Grant(
        id=id,
        account_id=session.account_id,
        client_id=client_id,
        sid=session.sid,
        scope=scope,
        resource=resource,
        signed_in_at=session.signed_in_at,
        acr=session.acr,
        amr=session.amr,
        nonce=nonce,
        granted_at=at,
        ends_at=at + REFRESH_AT_MOST,
    )


def code(id: str, grant: Grant, *, redirect_uri: str, challenge: str | None, at: datetime) -> Code:
    return Code(
        id=id,
        grant_id=grant.id,
        client_id=grant.client_id,
        redirect_uri=redirect_uri,
        challenge=challenge,
        scope=grant.scope,
        expires_at=at + CODE_LIFE,
        forget_at=at + REMEMBERED,
    )


def refresh_token(id: str, grant: Grant, *, at: datetime) -> RefreshToken:
    """Live for as long as it is used now and then, but never longer than the grant."""
    return RefreshToken(
        id=id,
        grant_id=grant.id,
        client_id=grant.client_id,
        scope=grant.scope,
        expires_at=min(at + REFRESH_IDLE, grant.ends_at),
        forget_at=grant.ends_at,
    )
