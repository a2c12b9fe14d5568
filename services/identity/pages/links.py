"""At whom else one can sign in to one's account: see, link, unlink."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.http import Now, anyone
from services.identity.dependencies import Data
from services.identity.domain.session import Session
from services.identity.pages import browser
from services.identity.pages.mfa import require_owner_of
from services.identity.pages.rendering import page, safe_headers
from services.identity.pages.submitted import submitted, to_sign_in
from services.identity.pages.third_party import set_out
from services.identity.proving import is_late

PLACE: Final = "/account/links"

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)])


@router.get("")
async def show_links(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    links, providers = await identity.sign_in_links.of(session.account_id), await identity.providers.enabled()
    labels = {provider.id: provider.label for provider in providers}
    free = [provider for provider in providers if provider.id not in links.providers]
    late = is_late(session.signed_in_at, now)
    return page(request, "links", leaves=True, identities=links.identities, labels=labels, free=free, late=late)


@router.post("/{provider}")
async def link(request: Request, provider: str, identity: Data, now: Now) -> Response:
    """Send the browser to the provider; what it proves there is linked when it is back."""

    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        return await set_out(request, provider, identity, now, account_id=session.account_id)

    return await submitted(request, identity, now, work)


@router.post("/{provider}/remove")
async def unlink(request: Request, provider: str, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        await identity.sign_in_links.unlink(session.account_id, provider, at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work)
