"""The first sign-in by a third party: begin an account, or prove the one there is before it is linked."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from services.chassis.domain import Refusal
from services.chassis.http import NewId, Now, anyone
from services.chassis.text import Line
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.account import account_id, myself
from services.identity.domain.session import Method, Proof
from services.identity.email import normalized
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.rendering import message, page, safe_headers
from services.identity.pages.second_factor import AGAIN, CONTINUE, LINKING, go_on
from services.identity.pages.submitted import STALE
from services.identity.pages.third_party import LINKS, TITLE, refused
from services.identity.parameters import NotReadable
from services.identity.store import Identity
from services.identity.store.travelers import Arrival

FIRST: Final = "/sign-in/new"
CONFIRM: Final = "/account/links/confirm"
PROVE: Final = f"/sign-in?{urlencode({CONTINUE: LINKING})}"
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Line)

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)])
Work = Callable[[dict[str, str], Arrival], Awaitable[Response]]


@router.get(FIRST)
async def show_first(request: Request, identity: Data, now: Now) -> Response:
    """Ask for what the provider did not tell; where the address it proved has an account, ask to prove that first."""
    try:
        arrival = await _arrived(request, identity, now)
    except NotReadable as no:
        return refused(request, no, AGAIN)
    if arrival.email and arrival.email_proved and await identity.people.with_address(arrival.email):
        return await _ask_to_prove(request, arrival, identity)
    return await _form(request, arrival, identity)


@router.post(FIRST)
async def begin(request: Request, identity: Data, new_id: NewId, now: Now) -> Response:
    """Begin an account; at once where the provider proved the address, else when the mailed link is opened."""

    async def work(form: dict[str, str], arrival: Arrival) -> Response:
        name, email = form.get("name", ""), arrival.email if arrival.email_proved else form.get("email", "")
        try:
            name, email = _NAME.validate_python(name), _address(email)
            return await _begin(request, form, arrival, identity, new_id, name, email, now)
        except ValidationError as error:
            return await _form(request, arrival, identity, 422, f"Name: {error.errors()[0]['msg']}", form)
        except (NotReadable, Refusal) as no:
            return await _form(request, arrival, identity, 422, str(no), form)

    return await _sent(request, identity, now, work)


@router.get(CONFIRM)
async def ask_to_link(request: Request, identity: Data, now: Now) -> Response:
    """Show what is linked to what; only to whoever proved the account after they came from the provider."""
    try:
        arrival = await _arrived(request, identity, now)
    except NotReadable as no:
        return refused(request, no, LINKS)
    session = await browser.session(request, identity, now)
    if session is None or session.signed_in_at < arrival.at:
        return RedirectResponse(PROVE, 303, safe_headers(request))
    person, label = await identity.people.get(session.account_id), await _label(identity, arrival)
    return page(request, "links-confirm", leaves=True, arrival=arrival, person=person, label=label)


@router.post(CONFIRM)
async def link(request: Request, identity: Data, now: Now) -> Response:
    async def work(_: dict[str, str], arrival: Arrival) -> Response:
        session = await browser.session(request, identity, now)
        if session is None or session.signed_in_at < arrival.at:
            return RedirectResponse(PROVE, 303, safe_headers(request))
        await identity.sign_in_links.link(session.account_id, arrival.identity, at=now)
        await identity.travelers.settle(arrival)
        to = f"/oauth2/authorize?{urlencode({CONTINUE: arrival.rest})}" if arrival.rest else LINKS[0]
        return RedirectResponse(to, 303, safe_headers(request, leaves=True))

    return await _sent(request, identity, now, work)


async def _begin(
    request: Request,
    form: dict[str, str],
    arrival: Arrival,
    identity: Identity,
    new_id: str,
    name: str,
    email: str,
    now: datetime,
) -> Response:
    id, agreed = account_id(new_id), form.get("terms_accepted") == "yes"
    told: dict[str, Any] = {
        "name": name,
        "email": email,
        "password": None,
        "terms_accepted": agreed,
        "identity": arrival.identity,
    }
    if not arrival.email_proved:
        await identity.registering.register(id, **told, at=now)
        lines = (_("If {email} can have an account, a mail with a link is on its way there.", email=email),)
        return message(request, HTTPStatus.ACCEPTED, _("Look into your mailbox"), *lines, _("Open it within 24 hours."))
    await identity.registering.create_verified(id, **told, by=myself(id), at=now)
    await identity.travelers.settle(arrival)
    proof, rest = Proof(method=Method.THIRD_PARTY, at=arrival.at), {CONTINUE: arrival.rest} if arrival.rest else {}
    return await go_on(request, rest, id, [proof], identity, now)


async def _sent(request: Request, identity: Identity, now: datetime, work: Work) -> Response:
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
        return await work(form, await _arrived(request, identity, now))
    except Forged:
        return message(request, 403, TITLE, STALE, link=AGAIN)
    except (NotReadable, Refusal) as no:
        return refused(request, no, AGAIN)


async def _arrived(request: Request, identity: Identity, now: datetime) -> Arrival:
    """Raises `NotReadable`."""
    arrival = await identity.travelers.arrived(browser.arrival_secret(request), at=now)
    if arrival is None:
        raise NotReadable("You came from the provider too long ago, or this was done before. Begin again.")
    return arrival


async def _ask_to_prove(request: Request, arrival: Arrival, identity: Identity) -> Response:
    label = await _label(identity, arrival)
    lines = (
        _("There is an account with the address {email} already.", email=arrival.email or ""),
        _("Sign in to it the way you do otherwise; then {label} can be linked to it.", label=label),
    )
    return message(request, 200, _("You have an account already"), *lines, link=(PROVE, _("Sign in to link it")))


async def _form(
    request: Request,
    arrival: Arrival,
    identity: Identity,
    status: int = 200,
    wrong: str = "",
    form: dict[str, str] | None = None,
) -> Response:
    typed = form or {"name": arrival.name, "email": arrival.email or ""}
    words: dict[str, Any] = {
        "name": typed.get("name", ""),
        "email": typed.get("email", ""),
        "wrong": wrong,
        "prove": PROVE,
    }
    label = await _label(identity, arrival)
    return page(request, "sign-up-linked", status, leaves=True, arrival=arrival, label=label, **words)


async def _label(identity: Identity, arrival: Arrival) -> str:
    return (await identity.providers.get(arrival.identity.provider)).label


def _address(text: str | None) -> str:
    if email := normalized(text or ""):
        return email
    raise NotReadable("This is no e-mail address.")
