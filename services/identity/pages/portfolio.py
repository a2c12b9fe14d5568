"""One's picture and one's résumé: see them, send another, remove them."""

import base64
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from services.chassis.http import Now, anyone
from services.chassis.pictures import LARGEST
from services.chassis.showing import received
from services.identity.dependencies import Data
from services.identity.domain.account import myself
from services.identity.domain.portfolio import LARGEST_RESUME
from services.identity.domain.session import Session
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.rendering import page, safe_headers
from services.identity.pages.submitted import submitted, to_sign_in
from services.identity.pages.uploaded import pieces, uploaded

PICTURE: Final = "/account/profile/picture"
RESUME: Final = "/account/profile/resume"

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)])


@router.get(PICTURE)
async def show_picture(request: Request, identity: Data, now: Now) -> Response:
    """Show it within the page itself, which may show nothing from elsewhere."""
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    shown = ""
    if (await identity.profiles.portfolio_of(session.account_id)).avatar:
        picture = await identity.profiles.picture_of(session.account_id)
        shown = f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"
    return page(request, "profile-picture", picture=shown)


@router.post(PICTURE)
async def keep_picture(request: Request, identity: Data, now: Now) -> Response:
    async def work(file: UploadFile, session: Session) -> Response:
        id = session.account_id
        await identity.profiles.keep_avatar(id, await received(pieces(file)), by=myself(id), at=now)
        return RedirectResponse(PICTURE, 303, safe_headers(request))

    return await uploaded(request, identity, now, LARGEST, work)


@router.get(f"{PICTURE}/remove")
async def ask_to_remove_picture(request: Request, identity: Data, now: Now) -> Response:
    if await browser.session(request, identity, now) is None:
        return to_sign_in(request)
    return page(request, "profile-remove", title=_("Remove your picture?"), place=PICTURE)


@router.post(f"{PICTURE}/remove")
async def remove_picture(request: Request, identity: Data, now: Now) -> Response:
    async def work(_: dict[str, str], session: Session) -> Response:
        id = session.account_id
        await identity.profiles.keep_avatar(id, None, by=myself(id), at=now)
        return RedirectResponse(PICTURE, 303, safe_headers(request))

    return await submitted(request, identity, now, work)


@router.get(RESUME)
async def show_resume(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    resume = (await identity.profiles.portfolio_of(session.account_id)).resume
    return page(request, "profile-resume", resume=resume)


@router.get(f"{RESUME}/file")
async def fetch_resume(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    resume = (await identity.profiles.portfolio_of(session.account_id)).resume
    return identity.profiles.files.download(resume) if resume else RedirectResponse(RESUME, 303, safe_headers(request))


@router.post(RESUME)
async def keep_resume(request: Request, identity: Data, now: Now) -> Response:
    async def work(file: UploadFile, session: Session) -> Response:
        id, name = session.account_id, file.filename or "resume.pdf"
        await identity.profiles.keep_resume(id, pieces(file), name, by=myself(id), at=now)
        return RedirectResponse(RESUME, 303, safe_headers(request))

    return await uploaded(request, identity, now, LARGEST_RESUME, work)


@router.get(f"{RESUME}/remove")
async def ask_to_remove_resume(request: Request, identity: Data, now: Now) -> Response:
    if await browser.session(request, identity, now) is None:
        return to_sign_in(request)
    return page(request, "profile-remove", title=_("Remove your résumé?"), place=RESUME)


@router.post(f"{RESUME}/remove")
async def remove_resume(request: Request, identity: Data, now: Now) -> Response:
    async def work(_: dict[str, str], session: Session) -> Response:
        id = session.account_id
        await identity.profiles.keep_resume(id, None, "", by=myself(id), at=now)
        return RedirectResponse(RESUME, 303, safe_headers(request))

    return await submitted(request, identity, now, work)
