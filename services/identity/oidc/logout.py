"""Signing out: at once for a client that shows whose session it means, after a question for everybody else."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.languages import _
from services.identity.oidc import shell
from services.identity.oidc.hand import Hand
from services.identity.oidc.traps import Server
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.rendering import message, page, safe_headers
from services.identity.parameters import NotReadable
from services.identity.store import Identity

PATH: Final = "/oauth2/logout"
CARRIED: Final = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@router.get(PATH)
async def ask_to_sign_out(request: Request, identity: Data, now: Now) -> Response:
    """Sign out (OpenID Connect RP-Initiated Logout)."""
    try:
        asked = await parameters.of_query(request)
        return await _answer(request, asked, identity, now, confirmed=False)
    except (NotReadable, OAuth2Error):
        return _unclear(request)


@router.post(PATH)
async def sign_out(request: Request, identity: Data, now: Now) -> Response:
    """Sign out: a client's request by form, or the person's yes on our page."""
    try:
        asked = await parameters.of_form(request)
        confirmed = browser.FORM_FIELD in asked
        if confirmed:
            browser.refuse_forged(request, asked)
        elif browser.session_secret(request) is None:
            return _once_more(request, asked)
        return await _answer(request, asked, identity, now, confirmed=confirmed)
    except (NotReadable, OAuth2Error, Forged):
        return _unclear(request)


def _once_more(request: Request, asked: dict[str, str]) -> Response:
    """Have the browser come back by a link: with a form from another site it sends no cookie, signed in or not."""
    carried = [(name, asked[name]) for name in CARRIED if name in asked]
    return RedirectResponse(f"{PATH}?{urlencode(carried)}", 303, safe_headers(request, leaves=True))


async def _answer(
    request: Request, asked: dict[str, str], identity: Identity, now: datetime, *, confirmed: bool
) -> Response:
    hand = Hand(client=await _client(asked, identity))
    server = Server(hand, await shell.mint(request, identity, now))
    pure = shell.pure(request, PATH, asked)
    ending = shell.decently(lambda: server.validate_endpoint_request("end_session", pure))
    if not confirmed and not await _is_about_this_session(request, ending.id_token_claims, identity, now):
        carried = {name: asked[name] for name in CARRIED if name in asked}
        return page(request, "sign-out", leaves=True, carried=carried)
    await identity.sign_out(browser.session_secret(request), at=now)
    response = _goodbye(request, ending.redirect_uri)
    browser.forget_session(request, response)
    return response


async def _client(asked: dict[str, str], identity: Identity) -> Any:
    """Of a hint alone the client is its audience, which is ours to look up once the hint was checked."""
    if "client_id" in asked:
        return await identity.clients.get(asked["client_id"])
    audience = shell.audience(asked.get("id_token_hint", ""))
    return await identity.clients.get(audience) if audience else None


async def _is_about_this_session(
    request: Request, claims: dict[str, Any] | None, identity: Identity, now: datetime
) -> bool:
    session = await browser.session(request, identity, now)
    return bool(claims and (session is None or claims.get("sid") == session.sid))


def _goodbye(request: Request, redirect_uri: str | None) -> Response:
    if redirect_uri:
        return RedirectResponse(redirect_uri, 303, safe_headers(request, leaves=True))
    return message(request, 200, _("You are signed out"), _("See you soon."), link=("/sign-in", _("Sign in again")))


def _unclear(request: Request) -> Response:
    return message(
        request, 400, _("This sign-out cannot go on"), _("The application sent a request that is not right.")
    )
