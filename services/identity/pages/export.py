"""One's own data as one document: ask for it, see how far it is, fetch it."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.http import Now, anyone
from services.identity.dependencies import Data
from services.identity.domain.export import Export, ExportStatus, ExportUnknown
from services.identity.domain.session import Session
from services.identity.downloading import download
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.mfa import require_owner_of
from services.identity.pages.rendering import message, page, safe_headers
from services.identity.pages.submitted import submitted, to_sign_in
from services.identity.proving import is_late
from services.identity.store import Identity

PLACE: Final = "/account/export"
_BACK: Final = (PLACE, _("Your data"))

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)])


@router.get("")
async def show_export(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    export = await _newest(identity, session)
    return page(request, "export", export=export, late=is_late(session.signed_in_at, now))


@router.post("")
async def ask_for_export(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        await identity.exporting.request(session.account_id, at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work)


@router.get("/document")
async def fetch_document(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    if is_late(session.signed_in_at, now):
        words = _("You signed in more than 15 minutes ago. Sign in again to fetch the document.")
        return message(request, 403, _("Sign in again"), words, link=("/sign-in", _("Sign in")))
    export = await _newest(identity, session)
    if export is None or export.status is not ExportStatus.COMPLETE or export.is_over(now):
        return message(request, 404, _("There is no document"), _("It is not there yet, or not any more."), link=_BACK)
    return await download(identity, session.account_id, now)


async def _newest(identity: Identity, session: Session) -> Export | None:
    try:
        return await identity.exporting.newest(session.account_id)
    except ExportUnknown:
        return None
