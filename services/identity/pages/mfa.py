"""One's second factor: set up an authenticator app, see what there is, remove it."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from services.chassis.http import Now, anyone
from services.identity import codes
from services.identity.dependencies import Data
from services.identity.domain import second_factor as factors
from services.identity.domain.account import myself
from services.identity.domain.second_factor import CodeNotGood, SecondFactorNotFound
from services.identity.domain.session import TWO_FACTORS, Method, Proof, Session
from services.identity.pages import browser
from services.identity.pages.rendering import page, safe_headers
from services.identity.pages.second_factor import CONTINUE
from services.identity.pages.submitted import queried, submitted, to_sign_in
from services.identity.proving import is_late, require_owner
from services.identity.store import Identity

PLACE: Final = "/account/second-factor"

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)])


@router.get("")
async def show_second_factor(request: Request, identity: Data, now: Now) -> Response:
    """Show what there is, or lead to setting one up: also where an application wants it and there is none."""
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    factor = await identity.second_factors.of(session.account_id)
    rest, late = rest_of(await queried(request)), is_late(session.signed_in_at, now)
    return page(request, "mfa", factor=factor, late=late, rest=rest, query=f"?{urlencode(rest)}" if rest else "")


@router.post("")
async def offer_app(request: Request, identity: Data, now: Now) -> Response:
    """Make a secret and show it, as a picture and in letters."""

    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        proved = session.acr == TWO_FACTORS
        await identity.second_factors.offer_app(session.account_id, codes.new_secret(), proved=proved)
        return await _confirmation(request, form, session, identity)

    return await submitted(request, identity, now, work)


@router.post("/confirm")
async def confirm_app(request: Request, identity: Data, now: Now) -> Response:
    """Take the app's first code; the recovery codes are shown now and never again."""

    async def work(form: dict[str, str], session: Session) -> Response:
        try:
            return await _confirm(request, form, session, identity, now)
        except CodeNotGood as no:
            return await _confirmation(request, form, session, identity, 422, str(no))

    return await submitted(request, identity, now, work)


@router.get("/remove")
async def ask_to_remove(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    return page(request, "mfa-remove", late=is_late(session.signed_in_at, now))


@router.post("/remove")
async def remove_second_factor(request: Request, identity: Data, now: Now) -> Response:
    """Let the password be enough again."""

    async def work(form: dict[str, str], session: Session) -> Response:
        await require_owner_of(identity, form, session, now)
        id, proved = session.account_id, session.acr == TWO_FACTORS
        await identity.second_factors.save(id, factors.remove, proved=proved, by=myself(id), at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work)


async def _confirm(
    request: Request, form: dict[str, str], session: Session, identity: Identity, now: datetime
) -> Response:
    """The code it showed is also a proof, so that the session goes on with two factors."""
    id, recovery = session.account_id, codes.new_recovery_codes()
    await identity.second_factors.confirm_app(id, form.get("code", ""), recovery, by=myself(id), at=now)
    return await added(request, form, session, Proof(method=Method.CODE, at=now), recovery)


async def added(
    request: Request, form: dict[str, str], session: Session, proof: Proof, recovery: tuple[str, ...]
) -> Response:
    """Show the recovery codes, and go on with a session that has the new factor too."""
    identity, id, proofs = request.app.state.data, session.account_id, (*session.proofs, proof)
    secret = await identity.sessions.begin(id, proofs=proofs, instead_of=browser.session_secret(request), at=proof.at)
    rest = rest_of(form)
    to = f"/oauth2/authorize?{urlencode(rest)}" if rest else PLACE
    response = page(request, "mfa-recovery", codes=recovery, to=to)
    browser.keep_session(request, response, secret)
    return response


async def _confirmation(
    request: Request, form: dict[str, str], session: Session, identity: Identity, status: int = 200, wrong: str = ""
) -> Response:
    id = session.account_id
    secret, person = await identity.second_factors.offered(id), await identity.people.get(id)
    if secret is None:
        raise SecondFactorNotFound("There is no authenticator app to confirm. Begin again.")
    address = codes.address(secret, account=person.emails[0], issuer="Mentorship")
    picture = Markup(codes.picture(address))  # noqa: S704 - drawn by us
    written = codes.written(secret)
    return page(request, "mfa-confirm", status, rest=rest_of(form), picture=picture, secret=written, wrong=wrong)


async def require_owner_of(identity: Identity, form: dict[str, str], session: Session, now: datetime) -> None:
    password = form.get("password")
    await require_owner(identity, session.account_id, password=password, signed_in_at=session.signed_in_at, at=now)


def rest_of(form: dict[str, str]) -> dict[str, str]:
    """What the person came from and goes on with."""
    return {CONTINUE: form[CONTINUE]} if CONTINUE in form else {}
