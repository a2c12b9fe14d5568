"""Consent: what an application of somebody else asks, and the person's yes or no."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import AccessDeniedError
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.client import Client
from services.identity.domain.session import Session
from services.identity.languages import _
from services.identity.oidc import authorize, shell
from services.identity.oidc.authorize import CONTINUE, PATH, Asked
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.rendering import page, safe_headers
from services.identity.parameters import NotReadable
from services.identity.store import Identity

PLACE = "/consent"
MEANINGS: Final = {
    "openid": _("know that it is you"),
    "profile": _("see your name"),
    "email": _("see your e-mail address"),
    "offline_access": _("keep this access while you are not there"),
}
"""What a person can allow, in words."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)])
Work = Callable[[Asked, Session], Awaitable[Response]]


@router.get(PLACE)
async def ask_for_consent(request: Request, identity: Data, now: Now) -> Response:
    """Show who asks and what for."""
    try:
        sent = await parameters.of_query(request)
    except NotReadable as error:
        return authorize.unsendable(request, str(error))

    async def work(asking: Asked, session: Session) -> Response:
        person, client = await identity.people.get(session.account_id), _client(asking)
        asked, rest = [MEANINGS[word] for word in asking.scope.split()], sent[CONTINUE]
        return page(request, "consent", leaves=True, client=client, asked=asked, person=person, rest=rest)

    return await _about(request, sent, identity, now, work)


@router.post(f"{PLACE}/allow")
async def allow(request: Request, identity: Data, now: Now) -> Response:
    """Remember the yes, and go on with the request that waited for it."""

    async def work(asking: Asked, session: Session) -> Response:
        await identity.consents.give(session.account_id, _client(asking).id, asking.scope, at=now)
        to = f"{PATH}?{urlencode({CONTINUE: form[CONTINUE]})}"
        return RedirectResponse(to, 303, safe_headers(request, leaves=True))

    form = await _form(request)
    return await _about(request, form, identity, now, work)


@router.post(f"{PLACE}/deny")
async def deny(request: Request, identity: Data, now: Now) -> Response:
    """Tell the client that the person said no."""

    async def work(asking: Asked, _: Session) -> Response:
        raise AccessDeniedError(redirect_uri=asking.parameters["redirect_uri"])

    return await _about(request, await _form(request), identity, now, work)


async def _form(request: Request) -> dict[str, str]:
    """Read a form of ours; without a request to go on with where it is none."""
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
    except (NotReadable, Forged):
        return {}
    return form


async def _about(request: Request, sent: dict[str, str], identity: Identity, now: datetime, work: Work) -> Response:
    """Do what there is to do about a request that waits; it is checked anew, since its client may have changed."""
    if CONTINUE not in sent:
        return authorize.unsendable(request, "This page was open for too long. Begin again at the application.")
    try:
        asking, session = await authorize.begin(request, sent, identity, now)
    except NotReadable as error:
        return authorize.unsendable(request, str(error))
    try:
        shell.decently(lambda: asking.server.get_consent_grant(asking.pure, asking.server.hand.holder))
        return await work(asking, session) if session else _to_sign_in(request, sent[CONTINUE])
    except OAuth2Error as error:
        return authorize.refused(asking, error)


def _to_sign_in(request: Request, rest: str) -> Response:
    return RedirectResponse(f"/sign-in?{urlencode({CONTINUE: rest})}", 303, safe_headers(request))


def _client(asking: Asked) -> Client:
    client = asking.server.hand.client
    assert client  # noqa: S101 - the core checked the request
    return client
