"""Signing up, and confirming the address with the mailed link."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from services.chassis.domain import Refusal
from services.chassis.http import NewId, Now, anyone, limited
from services.identity import parameters
from services.identity.dependencies import Data, Passwords
from services.identity.domain.account import account_id
from services.identity.hashing import Overloaded
from services.identity.languages import _, say
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.patient import PatientRoute
from services.identity.pages.rendering import message, page
from services.identity.pages.submitted import BUSY, STALE
from services.identity.parameters import NotReadable
from services.identity.registration import CreateAccount, accepted

KEPT: Final = ("name", "email")
FIELDS: Final = {
    "name": _("Name"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "terms_accepted": _("Terms"),
}
SIGN_IN: Final = ("/sign-in", _("Sign in"))

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)], route_class=PatientRoute)


@router.get("/sign-up")
async def show_sign_up(request: Request) -> Response:
    return _form(request, {})


@router.post("/sign-up", dependencies=[limited("sign_up")])
async def sign_up(request: Request, identity: Data, passwords: Passwords, new_id: NewId, now: Now) -> Response:
    form: dict[str, str] = {}
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
        said = CreateAccount.model_validate(_said(form))
        await identity.registering.register(account_id(new_id), **await accepted(said, passwords), at=now)
    except Forged:
        return _form(request, form, 403, STALE)
    except Overloaded:
        return _form(request, form, 503, BUSY)
    except ValidationError as error:
        return _form(request, form, 422, _first(error))
    except (NotReadable, Refusal) as error:
        return _form(request, form, 422, str(error))
    return message(
        request,
        HTTPStatus.ACCEPTED,
        _("Look into your mailbox"),
        _("If {email} can have an account, a mail with a link is on its way there.", email=said.email),
        _("Open the link within 24 hours."),
    )


@router.get("/verify-email")
async def show_verification(request: Request) -> Response:
    """Mail programs open links by themselves, so that only the button counts."""
    try:
        token = (await parameters.of_query(request)).get("token", "")
    except NotReadable:
        token = ""
    return page(request, "verify-email", token=token)


@router.post("/verify-email", dependencies=[limited("sign_in")])
async def confirm_address(request: Request, identity: Data, now: Now) -> Response:
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
        await identity.registering.verify_email(form.get("token", ""), at=now)
    except Forged:
        return message(request, 403, _("Not confirmed"), STALE)
    except (NotReadable, Refusal) as error:
        return message(request, 422, _("Not confirmed"), str(error), link=SIGN_IN)
    return message(request, 200, _("Your address is confirmed"), _("You can sign in now."), link=SIGN_IN)


def _said(form: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {name: form.get(name, "") for name in ("name", "email", "password")}
    return told | {"terms_accepted": form.get("terms_accepted") == "yes"}


def _first(error: ValidationError) -> str:
    wrong = error.errors()[0]
    field = FIELDS.get(str(wrong["loc"][0]), _("Form"))
    return f"{say(field)}: {wrong['msg'].removeprefix('Value error, ')}"


def _form(request: Request, form: dict[str, str], status: int = 200, wrong: str = "") -> Response:
    typed: dict[str, Any] = {name: form.get(name, "") for name in KEPT}
    response = page(request, "sign-up", status, wrong=wrong, **typed)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    return response
