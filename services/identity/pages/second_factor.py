"""The second step of signing in: a code of the app or a recovery code, after the password or on top of a session."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from contracts.ids import AccountId
from services.chassis.domain import Refusal
from services.chassis.http import Now, anyone, limited
from services.identity import metrics, parameters
from services.identity.dependencies import Data
from services.identity.domain.session import Proof
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.patient import PatientRoute
from services.identity.pages.rendering import message, page, safe_headers
from services.identity.pages.submitted import STALE, TOO_MANY
from services.identity.parameters import NotReadable
from services.identity.store import Identity
from services.identity.store.limits import SECOND_FACTOR
from services.identity.waiting import HalfWay, open_device, open_half_way, seal_half_way

PLACE: Final = "/sign-in/second-factor"
CONTINUE: Final = "continue"
HALF_WAY: Final = "half_way"
LINKING: Final = "link"
"""What a sign-in goes on with that proves the account a provider's identity is to be linked to."""
AGAIN: Final = ("/sign-in", _("Sign in again"))
CANNOT: Final = _("This sign-in cannot go on")

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)], route_class=PatientRoute)


class Refused(Exception):
    """No sign-in; the status, the words for the person, and how long to wait."""

    def __init__(self, status: int, words: str, wait: int = 0) -> None:
        super().__init__(words)
        self.status, self.words, self.wait = status, words, wait


def ask_for_second_factor(request: Request, form: dict[str, str], half_way: HalfWay) -> Response:
    """The password was right; nobody is signed in yet, and the page alone knows how far they are."""
    vault = request.app.state.data.vault
    carried = {HALF_WAY: seal_half_way(vault, half_way, browser.csrf_token(request))}
    return _page(request, carried | ({CONTINUE: form[CONTINUE]} if CONTINUE in form else {}))


async def go_on(
    request: Request, form: dict[str, str], id: AccountId, proofs: Iterable[Proof], identity: Identity, now: datetime
) -> Response:
    """Begin a new session, never keep one, and go on with what the sign-in was for: a request of ours, nowhere else."""
    before = browser.session_secret(request)
    secret = await identity.sign_in(id, proofs=proofs, instead_of=before, at=now)
    metrics.SIGN_INS.labels("signed_in").inc()
    rest = form.get(CONTINUE)
    to = _place_to_go_on(rest, identity)
    if await identity.erasing.pending(id):  # they may have changed their mind
        to = f"/account/erase?{urlencode({CONTINUE: rest})}" if rest else "/account/erase"
    response = RedirectResponse(to, 303, safe_headers(request, leaves=True))
    browser.keep_session(request, response, secret)
    return response


def _place_to_go_on(rest: str | None, identity: Identity) -> str:
    if not rest:
        return "/account"
    if rest == LINKING:
        return "/account/links/confirm"
    try:
        return f"/device?{urlencode({'user_code': open_device(identity.vault, rest)})}"
    except NotReadable:
        return f"/oauth2/authorize?{urlencode({CONTINUE: rest})}"


@router.get(PLACE)
async def show_second_step(request: Request, identity: Data, now: Now) -> Response:
    """Ask somebody who is signed in for the second factor too, because an application wants it."""
    try:
        asked = await parameters.of_query(request)
    except NotReadable:
        asked = {}
    carried = {CONTINUE: asked[CONTINUE]} if CONTINUE in asked else {}
    if await browser.session(request, identity, now) is None:
        return RedirectResponse(f"/sign-in?{urlencode(carried)}", 303, safe_headers(request))
    return _page(request, carried)


@router.post(PLACE, dependencies=[limited("sign_in")])
async def prove_second_factor(request: Request, identity: Data, now: Now) -> Response:
    form: dict[str, str] = {}
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
        id, proofs = await half_way(request, form, identity, now)
        proof = await prove(identity, id, form.get("code", ""), now)
    except NotReadable as error:
        return message(request, 400, CANNOT, str(error), link=AGAIN)
    except Forged:
        return message(request, 403, CANNOT, STALE, link=AGAIN)
    except Refused as no:
        carried = {name: value for name, value in form.items() if name in {HALF_WAY, CONTINUE}}
        return _page(request, carried, no.status, wrong=no.words, wait=no.wait)
    return await go_on(request, form, id, [*proofs, proof], identity, now)


async def prove(identity: Identity, id: AccountId, code: str, now: datetime) -> Proof:
    """Take a code, of few tries. Raises `Refused`."""
    if wait := await identity.limits.try_once(SECOND_FACTOR, id, at=now):
        metrics.SIGN_INS.labels("too_many").inc()
        raise Refused(429, TOO_MANY, wait)
    try:
        proof = await identity.second_factors.prove(id, code, at=now)
    except Refusal as no:
        metrics.SIGN_INS.labels("wrong_second_factor").inc()
        await identity.note_in_vain("prove_second_factor", id, str(no))
        raise Refused(422, str(no)) from None
    await identity.limits.forgive(SECOND_FACTOR, id, at=now)
    return proof


async def half_way(
    request: Request, form: dict[str, str], identity: Identity, now: datetime
) -> tuple[AccountId, list[Proof]]:
    """Say who it is and what they proved already. Raises `NotReadable`."""
    if HALF_WAY in form:
        before = open_half_way(identity.vault, form[HALF_WAY], browser.csrf_token(request), now)
        id, proofs = before.account_id, [before.proof]
    else:
        session = await browser.session(request, identity, now)
        if session is None:
            raise NotReadable("Nobody is signed in here.")
        id, proofs = session.account_id, list(session.proofs)
    await require_active(identity, id)
    ending = await identity.endings.find_one({"_id": id})
    if ending and any(ending.covers(proof.at) for proof in proofs):
        raise NotReadable("This account's sign-ins were ended. Sign in again.")
    return id, proofs


async def require_active(identity: Identity, id: AccountId) -> None:
    """Raises `NotReadable`."""
    account = await identity.accounts.find_one({"_id": id})
    if account is None or not account.is_active:
        await identity.note_in_vain("sign_in", id, "The account is not active.")
        raise NotReadable("This account cannot be used.")


def _page(request: Request, carried: dict[str, str], status: int = 200, *, wrong: str = "", wait: int = 0) -> Response:
    response = page(request, "second-factor", status, leaves=True, scripted=True, carried=carried, wrong=wrong)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
