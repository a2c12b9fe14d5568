"""The authorization endpoint: who asks, who is signed in and since when, and the code that says so."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from uuid6 import uuid7

from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain import grant as grants
from services.identity.domain.account import Account
from services.identity.domain.consent import must_be_asked
from services.identity.domain.record import digest
from services.identity.domain.session import ONE_FACTOR, TWO_FACTORS, Session
from services.identity.languages import _
from services.identity.oidc import hints, shell
from services.identity.oidc.hand import Hand
from services.identity.oidc.traps import PureRequest, Server
from services.identity.pages import browser
from services.identity.pages.rendering import message, safe_headers
from services.identity.parameters import NotReadable
from services.identity.store import Identity
from services.identity.store.consents import ConsentGone
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
    def scope(self) -> str:
        """What the client may have of what it asks."""
        client = self.server.hand.client
        return client.narrowed(self.parameters.get("scope", "openid")) if client else ""

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
        return unsendable(request, str(error))


@router.post(PATH)
async def authorize_by_form(request: Request, identity: Data, now: Now) -> Response:
    """Ask the same with the parameters in the body."""
    try:
        sent = await parameters.of_form(request)
        if browser.session_secret(request) is None and CONTINUE not in sent:
            return await _once_more(request, sent, identity, now)
        return await _answer(request, sent, identity, now)
    except NotReadable as error:
        return unsendable(request, str(error))


async def _once_more(request: Request, sent: dict[str, str], identity: Identity, now: datetime) -> Response:
    """Have the browser come back by a link: with a form from another site it sends no cookie, signed in or not."""
    asking, _ = await begin(request, sent, identity, now)
    try:
        with suppress(LoginRequiredError):
            shell.decently(lambda: asking.server.get_consent_grant(asking.pure, None))
    except OAuth2Error as error:
        return refused(asking, error)
    return _go(asking, PATH, identity)


async def _answer(request: Request, sent: dict[str, str], identity: Identity, now: datetime) -> Response:
    asking, session = await begin(request, sent, identity, now)
    try:
        return await _decide(asking, session, identity, now)
    except OAuth2Error as error:
        return refused(asking, error)


async def begin(
    request: Request, sent: dict[str, str], identity: Identity, now: datetime
) -> tuple[Asked, Session | None]:
    """Give the request, new or one that waited, and the session it meets. Raises `NotReadable`."""
    waiting = _waiting(sent, identity, now)
    asked = waiting.parameters
    hand = Hand(client=await identity.clients.get(asked.get("client_id", "")))
    server = Server(hand, await shell.mint(request, identity, now))
    session = await browser.session(request, identity, now)
    if session is not None:
        hand.account = await identity.accounts.find_one({"_id": session.account_id})
    asking = Asked(request, asked, server, shell.pure(request, PATH, asked), waiting.since)
    return asking, session if hand.holder else None


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
    if holder and not _is_meant(asking, holder, session, granted.redirect_uri):
        holder = None
    if holder is None or session is None or (asking.needs_two_factors and session.acr != TWO_FACTORS):
        _refuse_silent(asking, LoginRequiredError(redirect_uri=granted.redirect_uri))
        return _go(asking, await _missing(holder, identity), identity)
    if await needs_consent(asking, holder, identity):
        _refuse_silent(asking, ConsentRequiredError(redirect_uri=granted.redirect_uri))
        return _go(asking, "/consent", identity)
    answer = asking.server.create_authorization_response(asking.pure, holder, granted)
    try:
        if hand.new_code:
            await _keep(asking, session, identity, now)
    except ConsentGone:
        _refuse_silent(asking, LoginRequiredError(redirect_uri=granted.redirect_uri))
        return _go(asking, PATH, identity)
    return shell.rendered(answer, see_other=True)


def _refuse_silent(asking: Asked, error: OAuth2Error) -> None:
    """Raise it where the person must not be shown anything."""
    if "none" in asking.prompts:
        raise error


def _is_meant(asking: Asked, holder: Account, session: Session | None, redirect_uri: str) -> bool:
    """Say whether the hint is about them. Whoever signs in instead of the one who is meant is not taken for them."""
    hinted = hints.hinted(asking.parameters, asking.server.mint, redirect_uri)
    if hinted in {None, holder.id}:
        return True
    if session is not None and session.signed_in_at >= asking.since:
        raise LoginRequiredError("Somebody else signed in.", redirect_uri=redirect_uri)
    return False


async def needs_consent(asking: Asked, holder: Account, identity: Identity) -> bool:
    client = asking.server.hand.client
    assert client  # noqa: S101 - the core checked the request
    given = await identity.consents.of(holder.id, client.id)
    since = asking.since if "consent" in asking.prompts else None
    return must_be_asked(given, asking.scope, first_party=client.first_party, explicitly=since)


def _refuse_another(asking: Asked, session: Session | None, redirect_uri: str) -> None:
    """Lead to the sign-in of the one who is meant; whoever signed in instead is not taken for them."""
    if session is not None and session.signed_in_at >= asking.since:
        raise LoginRequiredError("Somebody else signed in.", redirect_uri=redirect_uri)


async def _keep(asking: Asked, session: Session, identity: Identity, now: datetime) -> None:
    hand, asked = asking.server.hand, asking.parameters
    assert hand.client and hand.new_code  # noqa: S101, PT018 - the core made a code for this client
    grant = grants.begin(
        str(uuid7()),
        session=session,
        client_id=hand.client.id,
        scope=asking.scope,
        resource=asked.get("resource", hand.client.resources[0]),
        nonce=asked.get("nonce"),
        at=now,
    )
    challenge, redirect_uri = asked.get("code_challenge"), asked["redirect_uri"]
    code = grants.code(digest(hand.new_code), grant, redirect_uri=redirect_uri, challenge=challenge, at=now)
    await identity.begin_grant(
        grant,
        session,
        asked=not hand.client.first_party,
        keep=lambda: identity.grants.begin(grant, code),
        at=now,
    )


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
    response = RedirectResponse(f"{page}?{urlencode({CONTINUE: rest})}", 303, safe_headers(asking.request))
    if wished := identity.languages.wished(asking.parameters.get("ui_locales", "")):
        browser.keep_language(asking.request, response, wished)
    return response


def refused(asking: Asked, error: Any) -> Response:
    """Tell the client where its address is known good, else the person."""
    if not error.redirect_uri:
        return unsendable(asking.request, shell.described(error))
    error.state = asking.parameters.get("state")
    return shell.rendered(asking.server.refuse(error), see_other=True)


def unsendable(request: Request, reason: str) -> Response:
    return message(
        request, 400, _("This sign-in cannot go on"), _("The application sent a request that is not right."), reason
    )
