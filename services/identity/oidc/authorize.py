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
from services.identity.domain.account import Account
from services.identity.domain.record import digest
from services.identity.domain.session import ONE_FACTOR, TWO_FACTORS, Session
from services.identity.oidc import shell
from services.identity.oidc.hand import Hand
from services.identity.oidc.traps import PureRequest, Server
from services.identity.pages import browser
from services.identity.pages.rendering import message, safe_headers
from services.identity.parameters import NotReadable
from services.identity.store import Identity
from services.identity.waiting import Waiting, open_request, seal_request

PATH: Final = "/oauth2/authorize"
CONTINUE: Final = "continue"
SIGN_IN_AGAIN: Final = {"login", "select_account"}

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@dataclass(frozen=True)
class Asked:
    """An authorization request on its way."""

    request: Request
    parameters: dict[str, str]
    server: Server
    pure: PureRequest
    since: datetime
    """When it was asked first; a sign-in after that is one it may have asked for."""

    @property
    def prompts(self) -> set[str]:
        return set(self.parameters.get("prompt", "").split())

    @property
    def needs_two_factors(self) -> bool:
        """The values are in order of preference, so that whoever names the password too is content with it."""
        wanted = self.parameters.get("acr_values", "").split()
        return TWO_FACTORS in wanted and ONE_FACTOR not in wanted


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


async def _answer(request: Request, sent: dict[str, str], identity: Identity, now: datetime) -> Response:
    waiting = _waiting(sent, identity, now)
    asked = waiting.parameters
    hand = Hand(client=await identity.clients.get(asked.get("client_id", "")))
    server = Server(hand, await shell.mint(request, identity, now))
    asking = Asked(request, asked, server, shell.pure(request, PATH, asked), waiting.since)
    session = await browser.session(request, identity, now)
    if session is not None:
        hand.account = await identity.accounts.find_one({"_id": session.account_id})
    try:
        return await _decide(asking, session if hand.holder else None, identity, now)
    except OAuth2Error as error:
        return _refused(asking, error)


def _waiting(sent: dict[str, str], identity: Identity, now: datetime) -> Waiting:
    """Go on with a request that waited for a sign-in, or begin with this one. Raises `NotReadable`."""
    if sealed := sent.get(CONTINUE):
        return open_request(identity.vault, sealed, now)
    return Waiting(sent, now)


async def _decide(asking: Asked, session: Session | None, identity: Identity, now: datetime) -> Response:
    hand = asking.server.hand
    fresh = session is not None and not _is_too_old(asking, session, now)
    holder = hand.holder if fresh else None
    granted = shell.decently(lambda: asking.server.get_consent_grant(asking.pure, holder))
    if holder is None or session is None or (asking.needs_two_factors and session.acr != TWO_FACTORS):
        if "none" in asking.prompts:
            raise LoginRequiredError(redirect_uri=granted.redirect_uri, state=asking.parameters.get("state"))
        return _go(asking, await _missing(holder, identity), identity)
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
    if session.signed_in_at >= asking.since:
        return False
    if asking.prompts & SIGN_IN_AGAIN:
        return True
    max_age = asking.parameters.get("max_age", "")
    return max_age.isascii() and max_age.isdecimal() and session.is_older_than(int(max_age[:9]), now)


async def _missing(holder: Account | None, identity: Identity) -> str:
    """Name the page that leads to what the sign-in lacks."""
    if holder is None:
        return "/sign-in"
    factor = await identity.second_factors.of(holder.id)
    return "/sign-in/second-factor" if factor.is_there else "/account/second-factor"


def _go(asking: Asked, page: str, identity: Identity) -> Response:
    """Let the same request wait for it; that it began before is what tells the sign-in it asks for from older ones."""
    rest = seal_request(identity.vault, Waiting(asking.parameters, asking.since))
    return RedirectResponse(f"{page}?{urlencode({CONTINUE: rest})}", 303, safe_headers(asking.request))


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
