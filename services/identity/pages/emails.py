"""One's e-mail addresses: see them, add, prove, prefer and remove them."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.http import Now, anyone, limited
from services.identity.dependencies import Data
from services.identity.domain.session import Session
from services.identity.email import normalized
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.mfa import require_owner_of
from services.identity.pages.patient import PatientRoute
from services.identity.pages.rendering import message, page, safe_headers
from services.identity.pages.submitted import queried, submitted, to_sign_in
from services.identity.parameters import NotReadable
from services.identity.proving import is_late

PLACE: Final = "/account/emails"
BACK: Final = (PLACE, _("Your addresses"))

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)], route_class=PatientRoute)


@router.get("")
async def show_emails(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    id, late = session.account_id, is_late(session.signed_in_at, now)
    person, waiting = await identity.people.get(id), await identity.addresses.waiting(id, at=now)
    return page(request, "emails", emails=person.emails, waiting=waiting, late=late)


@router.post("", dependencies=[limited("mail")])
async def add_email(request: Request, identity: Data, now: Now) -> Response:
    """Say the same whether or not the address is another account's; the work comes after the answer."""

    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        email = _email(form)
        await identity.addresses.add(session.account_id, email, at=now)
        lines = (_("A mail with a link is on its way to {email}, if there is anything to do.", email=email),)
        return message(
            request, 202, _("Look into your mailbox"), *lines, _("Open the link within 24 hours."), link=BACK
        )

    return await submitted(request, identity, now, work)


@router.get("/verify")
async def show_verification(request: Request, identity: Data, now: Now) -> Response:
    """Mail programs open links by themselves, so that only the button counts, and only for whoever asked."""
    session = await browser.session(request, identity, now)
    if session is None:
        lines = (_("Sign in to the account that asked for it, then open the link in the mail again."),)
        return message(request, 403, _("Sign in first"), *lines, link=("/sign-in", _("Sign in")))
    person, token = await identity.people.get(session.account_id), (await queried(request)).get("token", "")
    return page(request, "emails-verify", person=person, token=token)


@router.post("/verify")
async def verify_email(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        await identity.addresses.verify(session.account_id, form.get("token", ""), at=now)
        return _back(request)

    return await submitted(request, identity, now, work)


@router.post("/primary")
async def make_primary(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        await identity.addresses.make_primary(session.account_id, _email(form), at=now)
        return _back(request)

    return await submitted(request, identity, now, work)


@router.post("/remove")
async def remove_email(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        await identity.addresses.remove(session.account_id, _email(form), at=now)
        return _back(request)

    return await submitted(request, identity, now, work)


def _email(form: dict[str, str]) -> str:
    """Raises `NotReadable`."""
    if email := normalized(form.get("email", "")):
        return email
    raise NotReadable("This is no e-mail address.")


def _back(request: Request) -> Response:
    return RedirectResponse(PLACE, 303, safe_headers(request))
