"""The userinfo endpoint: what the scopes of an access token say about its person, while the grant lives."""

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.chassis.domain import NotFound
from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.person import Person
from services.identity.oidc import shell, showing
from services.identity.oidc.sharing import Shared
from services.identity.oidc.tokens import TokenNotGood
from services.identity.parameters import NotReadable
from services.identity.store import Identity

USERINFO: Final = "/oauth2/userinfo"

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)], route_class=Shared)


@router.get(USERINFO)
async def tell_userinfo(request: Request, identity: Data, now: Now) -> Response:
    """Tell who the token is about: `sub`, and by scope name and e-mail address."""
    return await _answer(request, _in_header(request), identity, now)


@router.post(USERINFO)
async def tell_userinfo_by_form(request: Request, identity: Data, now: Now) -> Response:
    """Tell the same, with the token in the header or as `access_token` in a form (RFC 6750, 2.2)."""
    token = _in_header(request)
    try:
        in_form = (await parameters.of_form(request)).get("access_token") if parameters.is_form(request) else None
    except NotReadable:
        return _refused(400, "invalid_request")
    if token and in_form:
        return _refused(400, "invalid_request")
    return await _answer(request, token or in_form, identity, now)


def _in_header(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


async def _answer(request: Request, token: str | None, identity: Identity, now: datetime) -> Response:
    if not token:
        return _refused(401, None)
    try:
        presented = (await shell.mint(request, identity, now)).read(token)
        grant, _ = await showing.living(presented.grant_id, identity, now)
        person = await identity.people.get(grant.account_id)
    except (TokenNotGood, NotFound):
        return _refused(401, "invalid_token")
    if "openid" not in presented.scopes:
        return _refused(403, "insufficient_scope")
    return JSONResponse(claims(person, presented.scopes), headers=shell.UNCACHED)


def claims(person: Person, scopes: frozenset[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"sub": person.id}
    if "profile" in scopes:
        told |= {"name": person.name}
    if "email" in scopes and person.emails:
        told |= {"email": person.emails[0], "email_verified": True}
    return told


def _refused(status: int, error: str | None) -> Response:
    """Without any token there is no error to name (RFC 6750, 3.1)."""
    challenge = "Bearer" if error is None else f'Bearer error="{error}"'
    if status == 403:
        challenge += ', scope="openid"'
    headers = {**shell.UNCACHED, "WWW-Authenticate": challenge}
    return JSONResponse({"error": error or "invalid_token"}, status, headers)
