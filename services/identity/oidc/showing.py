"""What a token that somebody shows is good for right now: nothing, once its grant, session or account is over."""

from datetime import datetime
from typing import Any, Final

from services.identity.domain.account import Account
from services.identity.domain.grant import Grant
from services.identity.domain.machine import MachineGrant
from services.identity.domain.record import digest
from services.identity.oidc.hand import Shown
from services.identity.oidc.tokens import Mint, TokenNotGood, grant_of, is_machine
from services.identity.store import Identity

TOLD: Final = ("iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti", "auth_time", "acr", "sid", "roles")


async def living(grant_id: str, identity: Identity, now: datetime) -> tuple[Grant, Account]:
    """Look up what a token alone cannot say: grant not revoked, session not over, account usable.

    Raises `TokenNotGood`.
    """
    grant = await identity.grants.get(grant_id)
    if grant is None or not grant.is_alive(now):
        raise TokenNotGood("grant")
    if not grant.is_offline and not await identity.sessions.has(grant.sid, at=now):
        raise TokenNotGood("session")
    account = await identity.accounts.find_one({"_id": grant.account_id})
    if account is None or not account.is_active:
        raise TokenNotGood("account")
    return grant, account


async def shown(token: str, minted: Mint, identity: Identity, now: datetime) -> Shown | None:
    """Say what a token is, if it is good: an access token of a person or of a client, or a refresh token."""
    try:
        return await _refresh_token(token, minted, identity, now) or await _access_token(token, minted, identity, now)
    except TokenNotGood:
        return None


async def _refresh_token(token: str, minted: Mint, identity: Identity, now: datetime) -> Shown | None:
    kept = await identity.grants.refresh_tokens.get(digest(token))
    if kept is None:
        return None
    grant, _ = await living(kept.grant_id, identity, now)
    if not kept.is_good(now):
        raise TokenNotGood("spent")
    facts = {
        "iss": minted.issuer,
        "sub": grant.account_id,
        "client_id": grant.client_id,
        "scope": kept.scope,
        "exp": int(kept.expires_at.timestamp()),
    }
    return Shown(grant.client_id, "", facts)


async def _access_token(token: str, minted: Mint, identity: Identity, now: datetime) -> Shown:
    claims = minted.claims(token)
    if is_machine(claims):
        await _require_machine(grant_of(claims), identity, now)
    else:
        await living(grant_of(claims), identity, now)
    told: dict[str, Any] = {name: claims[name] for name in TOLD if name in claims}
    return Shown(str(claims["client_id"]), str(claims["aud"]), {**told, "token_type": "Bearer"})


async def _require_machine(id: str, identity: Identity, now: datetime) -> None:
    grant = await identity.grants.machines.get(id)
    if grant is None or not grant.is_alive(now):
        raise TokenNotGood("grant")


async def holder_of(token: str, minted: Mint, identity: Identity) -> Grant | MachineGrant | None:
    """Give the grant that an access token came of, whatever became of it."""
    try:
        claims: dict[str, Any] = minted.claims(token)
    except TokenNotGood:
        return None
    kind: Any = identity.grants.machines if is_machine(claims) else identity.grants
    found: Grant | MachineGrant | None = await kind.get(grant_of(claims))
    return found
