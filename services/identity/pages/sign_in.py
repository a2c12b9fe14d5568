"""Signing in with address and password."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.chassis.http import Now, anyone, limited
from services.identity import metrics, parameters
from services.identity.dependencies import Data, Passwords
from services.identity.domain import account as accounts
from services.identity.domain.account import Account
from services.identity.domain.session import Method, Proof
from services.identity.email import normalized
from services.identity.hashing import Hasher, Overloaded
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.patient import PatientRoute
from services.identity.pages.rendering import message, page
from services.identity.pages.second_factor import CONTINUE, Refused, ask_for_second_factor, go_on
from services.identity.pages.submitted import BUSY, STALE, TOO_MANY
from services.identity.parameters import NotReadable
from services.identity.store import Identity
from services.identity.store.limits import SIGN_IN
from services.identity.waiting import HalfWay, open_request

WRONG: Final = _("Address and password do not belong together, or the address is not confirmed yet.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)], route_class=PatientRoute)


@router.get("/sign-in")
async def show_sign_in(request: Request, identity: Data, now: Now) -> Response:
    try:
        asked = await parameters.of_query(request)
    except NotReadable:
        asked = {}
    return await _page(request, asked, email=_hinted(asked, identity, now))


@router.post("/sign-in", dependencies=[limited("sign_in")])
async def sign_in(request: Request, identity: Data, passwords: Passwords, now: Now) -> Response:
    try:
        form = await parameters.of_form(request)
    except NotReadable as error:
        return message(request, 400, _("This form cannot be read"), str(error), link=("/sign-in", _("Try again")))
    try:
        browser.refuse_forged(request, form)
        account = await _prove(request, form, identity, passwords, now)
    except Forged:
        return await _page(request, form, 403, wrong=STALE, email=form.get("email", ""))
    except Refused as no:
        return await _page(request, form, no.status, wrong=no.words, email=form.get("email", ""), wait=no.wait)
    proof = Proof(method=Method.PASSWORD, at=now)
    if (await identity.second_factors.of(account.id)).is_there:
        return ask_for_second_factor(request, form, HalfWay(account.id, proof))
    return await go_on(request, form, account.id, [proof], identity, now)


async def _prove(
    request: Request, form: dict[str, str], identity: Identity, passwords: Hasher, now: datetime
) -> Account:
    """Find whose address and password these are; takes the same time and says the same whatever is wrong."""
    if passwords.is_full:  # refused before it costs more than that: the rest of the service goes on
        raise Refused(503, BUSY, 2)
    email, password = normalized(form.get("email", "")), form.get("password", "")
    about = (email, browser.network(request))
    if wait := await identity.limits.try_once(SIGN_IN, *about, at=now):
        metrics.SIGN_INS.labels("too_many").inc()
        raise Refused(429, TOO_MANY, wait)
    account = await _with_address(identity, email)
    try:
        right = await passwords.matches(account.password if account else None, password)
    except Overloaded:
        await identity.limits.forgive(SIGN_IN, *about, at=now)
        raise Refused(503, BUSY, 2) from None
    if not (right and account and account.is_active):
        metrics.SIGN_INS.labels("wrong_password").inc()
        why = "The password was right, but the account is not active." if right else "The password was wrong."
        await identity.note_in_vain("sign_in", account.id if account else None, why)
        raise Refused(422, WRONG)
    await identity.limits.forgive(SIGN_IN, *about, at=now)
    await _renew(account, password, identity, passwords)
    return account


async def _with_address(identity: Identity, email: str) -> Account | None:
    person = await identity.people.with_address(email)
    return await identity.accounts.find_one({"_id": person.id if person else ""})


async def _renew(account: Account, password: str, identity: Identity, passwords: Hasher) -> None:
    if account.password and (newer := await passwords.renewed(account.password, password)):
        await identity.accounts.change(account.id, accounts.rehash, password=newer)


async def _page(
    request: Request, asked: dict[str, str], status: int = 200, *, wrong: str = "", email: str = "", wait: int = 0
) -> Response:
    rest = asked.get(CONTINUE, "")
    words = {
        "rest": rest,
        "email": email,
        "wrong": wrong,
        "providers": await request.app.state.data.providers.enabled(),
    }
    response = page(request, "sign-in", status, leaves=True, scripted=True, **words)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _hinted(asked: dict[str, str], identity: Identity, now: datetime) -> str:
    try:
        return open_request(identity.vault, asked.get(CONTINUE, ""), now).parameters.get("login_hint", "")
    except NotReadable:
        return ""
