"""The userinfo endpoint: what the scopes of an access token say about its person, while the grant lives."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.chassis.http import Now, anyone
from services.identity.dependencies import Data
from services.identity.domain.person import Person
from services.identity.oidc import shell
from services.identity.oidc.tokens import Presented, TokenNotGood
from services.identity.store import Identity

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@router.get("/oauth2/userinfo")
@router.post("/oauth2/userinfo")
async def tell_userinfo(request: Request, identity: Data, now: Now) -> Response:
    """Tell who the token is about: `sub`, and by scope name and e-mail address."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return _refused(401, "Bearer")
    try:
        shown = (await shell.mint(request, identity, now)).read(token)
        person = await _person(shown, identity, now)
    except TokenNotGood:
        return _refused(401, 'Bearer error="invalid_token"')
    if "openid" not in shown.scopes:
        return _refused(403, 'Bearer error="insufficient_scope", scope="openid"')
    return JSONResponse(claims(person, shown.scopes), headers=shell.UNCACHED)


async def _person(shown: Presented, identity: Identity, now: datetime) -> Person:
    """Look up what a token alone cannot say: grant not revoked, session not over, account still there."""
    grant = await identity.grants.get(shown.grant_id)
    if grant is None or not grant.is_alive(now):
        raise TokenNotGood("grant")
    if not grant.is_offline and not await identity.sessions.has(grant.sid, at=now):
        raise TokenNotGood("session")
    account = await identity.accounts.find_one({"_id": grant.account_id})
    person = await identity.people.find_one({"_id": grant.account_id})
    if account is None or not account.is_active or person is None:
        raise TokenNotGood("account")
    return person


def claims(person: Person, scopes: frozenset[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"sub": person.id}
    if "profile" in scopes:
        told |= {"name": person.name}
    if "email" in scopes and person.emails:
        told |= {"email": person.emails[0], "email_verified": True}
    return told


def _refused(status: int, challenge: str) -> Response:
    return JSONResponse({"error": _error(status)}, status, {**shell.UNCACHED, "WWW-Authenticate": challenge})


def _error(status: int) -> str:
    return "invalid_token" if status == 401 else "insufficient_scope"
