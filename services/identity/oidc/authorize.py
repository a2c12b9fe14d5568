"""The authorization endpoint: who asks, who is signed in and since when, and the code that says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oidc.core.errors import LoginRequiredError
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from uuid6 import uuid7

from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain import grant as grants
from services.identity.domain.record import digest
from services.identity.domain.session import Session
from services.identity.oidc import shell
from services.identity.oidc.hand import Hand
from services.identity.oidc.traps import PureRequest, Server
from services.identity.pages import browser
from services.identity.pages.rendering import message, safe_headers
from services.identity.parameters import NotReadable
from services.identity.store import Identity

PATH: Final = "/oauth2/authorize"
SIGN_IN_AGAIN: Final = {"login", "select_account"}

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@dataclass(frozen=True)
class Asked:
    """An authorization request on its way."""

    request: Request
    parameters: dict[str, str]
    server: Server
    pure: PureRequest

    @property
    def prompts(self) -> set[str]:
        return set(self.parameters.get("prompt", "").split())


@router.get(PATH)
async def authorize(request: Request, identity: Data, now: Now) -> Response:
    """Ask for a code (OpenID Connect, authorization code flow with PKCE)."""
    try:
        return await _answer(request, await parameters.of_query(request), identity, now)
    except NotReadable as error:
        return _unsendable(request, str(error))


@router.post(PATH)
async def authorize_by_form(request: Request, identity: Data, now: Now) -> Response:
    """Ask the same with the parameters in the body."""
    try:
        return await _answer(request, await parameters.of_form(request), identity, now)
    except NotReadable as error:
        return _unsendable(request, str(error))


async def _answer(request: Request, asked: dict[str, str], identity: Identity, now: datetime) -> Response:
    hand = Hand(client=await identity.clients.get(asked.get("client_id", "")))
    server = Server(hand, await shell.mint(request, identity, now))
    asking = Asked(request, asked, server, shell.pure(request, PATH, asked))
    session = await browser.session(request, identity, now)
    if session is not None:
        hand.account = await identity.accounts.find_one({"_id": session.account_id})
    try:
        return await _decide(asking, session if hand.holder else None, identity, now)
    except OAuth2Error as error:
        return _refused(asking, error)


async def _decide(asking: Asked, session: Session | None, identity: Identity, now: datetime) -> Response:
    hand = asking.server.hand
    fresh = session is not None and not _is_too_old(asking, session, now)
    holder = hand.holder if fresh else None
    granted = shell.decently(lambda: asking.server.get_consent_grant(asking.pure, holder))
    if holder is None or session is None:
        if "none" in asking.prompts:
            raise LoginRequiredError(redirect_uri=granted.redirect_uri, state=asking.parameters.get("state"))
        return _to_sign_in(asking)
    answer = asking.server.create_authorization_response(asking.pure, holder, granted)
    if hand.new_code:
        await _keep(asking, session, identity, now)
    return shell.rendered(answer, see_other=True)


async def _keep(asking: Asked, session: Session, identity: Identity, now: datetime) -> None:
    hand, asked = asking.server.hand, asking.parameters
    assert hand.client and hand.new_code  # noqa: S101, PT018 - the core made a code for this client
    grant = grants.begin(
        str(uuid7()),
        session=session,
        client_id=hand.client.id,
        scope=asking.pure.scope,
        resource=asked.get("resource", hand.client.resources[0]),
        nonce=asked.get("nonce"),
        at=now,
    )
    challenge, redirect_uri = asked["code_challenge"], asked["redirect_uri"]
    code = grants.code(digest(hand.new_code), grant, redirect_uri=redirect_uri, challenge=challenge, at=now)
    await identity.grants.begin(grant, code)


def _is_too_old(asking: Asked, session: Session, now: datetime) -> bool:
    if asking.prompts & SIGN_IN_AGAIN:
        return True
    max_age = asking.parameters.get("max_age", "")
    return max_age.isascii() and max_age.isdecimal() and session.is_older_than(int(max_age[:9]), now)


def _to_sign_in(asking: Asked) -> Response:
    """Come back with the same request, less what the sign-in will have fulfilled."""
    rest = {name: value for name, value in asking.parameters.items() if name != "prompt"}
    if kept := " ".join(sorted(asking.prompts - SIGN_IN_AGAIN)):
        rest["prompt"] = kept
    if rest.get("max_age", "1").strip("0") == "":
        del rest["max_age"]
    headers = safe_headers(asking.request)
    return RedirectResponse(f"/sign-in?{urlencode({'continue': urlencode(rest)})}", 303, headers)


def _refused(asking: Asked, error: Any) -> Response:
    """Tell the client where its address is known good, else the person."""
    if not error.redirect_uri:
        return _unsendable(asking.request, shell.described(error))
    error.state = asking.parameters.get("state")
    return shell.rendered(asking.server.refuse(error), see_other=True)


def _unsendable(request: Request, reason: str) -> Response:
    return message(
        request, 400, "This sign-in cannot go on", "The application sent a request that is not right.", reason
    )
