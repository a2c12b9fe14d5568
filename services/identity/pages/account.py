"""One's own account: who am I, and the way out."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.http import Now, anyone
from services.identity.dependencies import Data
from services.identity.pages import browser
from services.identity.pages.rendering import page, safe_headers

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)])


@router.get("/account")
async def show_account(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return RedirectResponse("/sign-in", 303, safe_headers(request))
    account = await identity.accounts.get(session.account_id)
    person = await identity.people.get(session.account_id)
    return page(request, "account", account=account, person=person, session=session)
