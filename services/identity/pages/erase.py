"""To be gone: ask for it, see when, change one's mind."""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.http import Now, anyone
from services.identity.dependencies import Data
from services.identity.domain.session import TWO_FACTORS, Session
from services.identity.pages import browser
from services.identity.pages.mfa import require_owner_of, rest_of
from services.identity.pages.rendering import page, safe_headers
from services.identity.pages.submitted import queried, submitted, to_sign_in
from services.identity.proving import is_late

PLACE: Final = "/account/erase"

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)])


@router.get("")
async def show_erasure(request: Request, identity: Data, now: Now) -> Response:
    """Show the way out, or the way back; whoever signs in while they wait comes by here."""
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    erasure = await identity.erasing.pending(session.account_id)
    rest = rest_of(await queried(request))
    further = f"/oauth2/authorize?{urlencode(rest)}" if rest else "/account"
    return page(request, "erase", erasure=erasure, further=further, late=is_late(session.signed_in_at, now))


@router.post("")
async def erase(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        factor = await identity.second_factors.of(session.account_id)
        factor.require_proved(proved=session.acr == TWO_FACTORS)
        await identity.erasing.ask(session.account_id, at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work)


@router.post("/keep")
async def keep(request: Request, identity: Data, now: Now) -> Response:
    async def work(_: dict[str, str], session: Session) -> Response:
        await identity.erasing.keep(session.account_id, at=now)
        return RedirectResponse("/account", 303, safe_headers(request))

    return await submitted(request, identity, now, work)
