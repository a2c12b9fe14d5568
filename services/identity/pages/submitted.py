"""Forms of somebody who is signed in: read, held against the session, and answered with a page whatever is wrong."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.domain import Refusal
from services.chassis.problems import note_refusal
from services.identity import parameters
from services.identity.domain.session import Session
from services.identity.hashing import Overloaded
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.rendering import message, safe_headers
from services.identity.parameters import NotReadable
from services.identity.store import Identity

Work = Callable[[dict[str, str], Session], Awaitable[Response]]
Read = Callable[[Request], Awaitable[dict[str, str]]]
TITLE: Final = _("Nothing was changed")
STALE: Final = _("This page was open for too long. Try again.")
TOO_MANY: Final = _("Too many tries. Wait a while, then try again.")
BUSY: Final = _("Too many people sign in right now. Try again in a moment.")


async def submitted(
    request: Request, identity: Identity, now: datetime, work: Work, read: Read = parameters.of_form
) -> Response:
    again = (request.url.path, _("Try again"))
    try:
        form = await read(request)
        browser.refuse_forged(request, form)
        session = await browser.session(request, identity, now)
        return await work(form, session) if session else to_sign_in(request)
    except Forged:
        return message(request, 403, TITLE, STALE, link=again)
    except Overloaded:
        response = message(request, 503, TITLE, BUSY, link=again)
        response.headers["Retry-After"] = "2"
        return response
    except (NotReadable, Refusal) as no:
        await note_refusal(request, no)
        return message(request, 422, TITLE, str(no), link=again)


async def queried(request: Request) -> dict[str, str]:
    """Read a page's query; one that cannot be read is as good as none."""
    try:
        return await parameters.of_query(request)
    except NotReadable:
        return {}


def to_sign_in(request: Request) -> Response:
    return RedirectResponse("/sign-in", 303, safe_headers(request))
