"""A forgotten password, and one that is changed."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.chassis.domain import Refusal
from services.chassis.http import Now, anyone, limited
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.password import PasswordNotGood
from services.identity.domain.session import Session
from services.identity.email import normalized
from services.identity.hashing import Overloaded
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.patient import PatientRoute
from services.identity.pages.rendering import message, page
from services.identity.pages.submitted import BUSY, STALE, queried, submitted, to_sign_in
from services.identity.parameters import NotReadable
from services.identity.proving import require_password
from services.identity.registration import accepted_by_link, accepted_of

NOT_CHANGED: Final = _("Your password was not changed")
CHANGED: Final = _("Your password is changed")
ACCOUNT: Final = ("/account", _("Your account"))
FORGOTTEN: Final = ("/forgot-password", _("Ask for a new link"))
SIGN_IN: Final = ("/sign-in", _("Sign in"))

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)], route_class=PatientRoute)


@router.get("/forgot-password")
async def show_forgotten(request: Request) -> Response:
    return page(request, "forgot-password", wrong="")


@router.post("/forgot-password", dependencies=[limited("mail")])
async def forgot_password(request: Request, identity: Data, now: Now) -> Response:
    """Say the same whether or not the address is known; the work comes after the answer."""
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
    except (Forged, NotReadable):
        return page(request, "forgot-password", 403, wrong=STALE)
    email = normalized(form.get("email", ""))
    if not email:
        return page(request, "forgot-password", 422, wrong=_("This is no e-mail address."))
    await identity.forgot_password(email, at=now)
    on_its_way = _("If {email} has an account, a mail with a link is on its way there.", email=email)
    return message(request, 202, _("Look into your mailbox"), on_its_way, _("The link is good for 30 minutes."))


@router.get("/reset-password")
async def show_reset(request: Request) -> Response:
    """Mail programs open links by themselves, so that only the button counts."""
    return page(request, "reset-password", token=(await queried(request)).get("token", ""), wrong="")


@router.post("/reset-password", dependencies=[limited("sign_in")])
async def reset_password(request: Request, identity: Data, now: Now) -> Response:
    form: dict[str, str] = {}
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
        token = form.get("token", "")
        hashed = await accepted_by_link(token, form.get("password", ""), identity, now)
        await identity.reset_password(token, hashed, at=now)
    except Forged:
        return message(request, 403, NOT_CHANGED, STALE, link=FORGOTTEN)
    except Overloaded:
        return page(request, "reset-password", 503, token=form.get("token", ""), wrong=BUSY)
    except PasswordNotGood as no:
        return page(request, "reset-password", 422, token=form.get("token", ""), wrong=str(no))
    except (NotReadable, Refusal) as no:
        return message(request, 422, NOT_CHANGED, str(no), link=FORGOTTEN)
    done = message(request, 200, CHANGED, _("Everything signed in before has ended."), link=SIGN_IN)
    browser.forget_session(request, done)
    return done


@router.get("/account/password")
async def show_change(request: Request, identity: Data, now: Now) -> Response:
    if await browser.session(request, identity, now) is None:
        return to_sign_in(request)
    return page(request, "change-password")


@router.post("/account/password")
async def change_password(request: Request, identity: Data, now: Now) -> Response:
    """Take a new password for the old one; only this session goes on."""

    async def work(form: dict[str, str], session: Session) -> Response:
        id = session.account_id
        await require_password(identity, id, form.get("password", ""), now)
        hashed = await accepted_of(id, form.get("new_password", ""), identity)
        await identity.change_password(id, hashed, but=session.sid, at=now)
        return message(request, 200, CHANGED, _("Every other sign-in has ended."), link=ACCOUNT)

    return await submitted(request, identity, now, work)
