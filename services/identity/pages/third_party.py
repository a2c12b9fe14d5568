"""Signing in by a third party: off to the provider, back with its word, and what it opens here."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from contracts.ids import AccountId
from services.chassis.domain import Away, Refusal
from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.session import Method, Proof
from services.identity.domain.sign_in_link import ExternalIdentity
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.rendering import message, safe_headers
from services.identity.pages.second_factor import AGAIN, CONTINUE, LINKING, ask_for_second_factor, go_on, require_active
from services.identity.pages.submitted import STALE
from services.identity.parameters import NotReadable
from services.identity.relying import party
from services.identity.relying.going import Proved
from services.identity.relying.party import SignInDeclined
from services.identity.store import Identity
from services.identity.store.travelers import PendingSignIn
from services.identity.waiting import HalfWay

TITLE: Final = _("This sign-in cannot go on")
LINKS: Final = ("/account/links", "Sign-in providers")

router = APIRouter(prefix="/sign-in", include_in_schema=False, dependencies=[Depends(anyone)])


@router.post("/{provider}")
async def leave(request: Request, provider: str, identity: Data, now: Now) -> Response:
    """Send the browser to the provider."""
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
        return await set_out(request, provider, identity, now, rest=form.get(CONTINUE))
    except Forged:
        return message(request, 403, TITLE, STALE, link=AGAIN)
    except (NotReadable, Refusal) as no:
        return refused(request, no, AGAIN)


@router.get("/{provider}/callback")
async def come_back(request: Request, provider: str, identity: Data, now: Now) -> Response:
    """Take what the provider says, once, and go on with what it opens."""
    try:
        answer, token = await parameters.of_query(request), browser.csrf_token(request)
        site = request.app.state.settings.public_url
        pending, who, proved = await party.come_back(identity, provider, answer, site=site, browser=token, at=now)
        if pending.account_id is not None:
            return await _link(request, pending.account_id, who, identity, now)
        return await _sign_in(request, pending, who, proved, identity, now)
    except SignInDeclined as no:
        link = LINKS if no.pending.account_id else AGAIN
        return message(request, 422, TITLE, _("{label} did not say who you are.", label=no.provider.label), link=link)
    except (NotReadable, Refusal) as no:
        return refused(request, no, AGAIN)


async def set_out(
    request: Request,
    provider: str,
    identity: Identity,
    now: datetime,
    *,
    rest: str | None = None,
    account_id: AccountId | None = None,
) -> Response:
    """Raises `ProviderNotFound`, `ProviderAway`, `ProviderWrong`."""
    token, site = browser.csrf_token(request), request.app.state.settings.public_url
    place = await party.leave(identity, provider, site=site, browser=token, rest=rest, account_id=account_id, at=now)
    return RedirectResponse(place, 303, safe_headers(request, leaves=True))


def refused(request: Request, no: Exception, link: tuple[str, str]) -> Response:
    return message(request, 503 if isinstance(no, Away) else 422, TITLE, str(no), link=link)


async def _link(request: Request, id: AccountId, who: ExternalIdentity, identity: Identity, now: datetime) -> Response:
    """Let it open the account of whoever began this and is signed in still."""
    session = await browser.session(request, identity, now)
    if session is None or session.account_id != id:
        raise NotReadable("You are not signed in any more. Sign in, and link it again.")
    await identity.sign_in_links.link(id, who, at=now)
    return RedirectResponse(LINKS[0], 303, safe_headers(request))


async def _sign_in(
    request: Request, pending: PendingSignIn, who: ExternalIdentity, proved: Proved, identity: Identity, now: datetime
) -> Response:
    id = await identity.sign_in_links.opening(who.issuer, who.subject)
    if id is None:
        return await _arrive(request, pending, who, proved, identity, now)
    await require_active(identity, id)
    proof, form = Proof(method=Method.THIRD_PARTY, at=now), {CONTINUE: pending.rest} if pending.rest else {}
    if (await identity.second_factors.of(id)).is_there:
        return ask_for_second_factor(request, form, HalfWay(id, proof))
    return await go_on(request, form, id, [proof], identity, now)


async def _arrive(
    request: Request, pending: PendingSignIn, who: ExternalIdentity, proved: Proved, identity: Identity, now: datetime
) -> Response:
    """Keep who came for the first time: to begin an account, or to prove the one they have."""
    rest = None if pending.rest == LINKING else pending.rest
    secret = await identity.travelers.arrive(
        who, name=proved.name, email=proved.email, email_proved=proved.email_proved, rest=rest, at=now
    )
    response = RedirectResponse("/sign-in/new", 303, safe_headers(request))
    browser.keep_arrival(request, response, secret)
    return response
