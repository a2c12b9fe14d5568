"""Passkeys: added to one's account, used as second factor, and to sign in without a password."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.chassis.domain import Refusal
from services.chassis.http import Now, anyone, limited
from services.identity import codes, metrics, parameters, passkeys
from services.identity.dependencies import Data
from services.identity.domain.second_factor import PasskeyNotGood, SecondFactor
from services.identity.domain.session import TWO_FACTORS, Method, Proof, Session
from services.identity.pages import browser
from services.identity.pages.browser import Forged
from services.identity.pages.mfa import added, require_owner_of, rest_of
from services.identity.pages.patient import PatientRoute
from services.identity.pages.rendering import message, page, safe_headers
from services.identity.pages.second_factor import AGAIN, CANNOT, go_on, half_way, require_active
from services.identity.pages.submitted import STALE, queried, submitted, to_sign_in
from services.identity.parameters import NotReadable
from services.identity.passkeys import Site
from services.identity.proving import is_late
from services.identity.store.second_factors import ALONE

SCRIPT: Final = (Path(__file__).parent / "static" / "passkey.js").read_text()

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)], route_class=PatientRoute)
Work = Callable[[dict[str, str]], Awaitable[Response]]


@router.get("/static/identity/passkey.js")
async def give_script() -> Response:
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(SCRIPT, media_type="text/javascript", headers=headers)


@router.get("/account/second-factor/passkey")
async def show_adding(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    late, rest = is_late(session.signed_in_at, now), rest_of(await queried(request))
    return page(request, "passkey", scripted=True, late=late, rest=rest)


@router.post("/account/second-factor/passkey/options")
async def ask_for_new(request: Request, identity: Data, now: Now) -> Response:
    """Say what the authenticator is to make; only for the owner, so that what comes back needs no further proof."""

    async def work(form: dict[str, str], session: Session) -> Response:
        id = session.account_id
        await require_owner_of(identity, form, session, now)
        factor, person = await identity.second_factors.of(id), await identity.people.get(id)
        factor.require_proved(proved=session.acr == TWO_FACTORS)
        challenge = await identity.second_factors.challenge(f"add/{id}", browser.csrf_token(request), at=now)
        name, known = person.emails[0], factor.passkeys
        return _options(request, passkeys.creation(_site(request), challenge, account=id, name=name, known=known))

    return await submitted(request, identity, now, work)


@router.post("/account/second-factor/passkey")
async def add_passkey(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        id, recovery, credential = session.account_id, codes.new_recovery_codes(), form.get("credential", "")
        token = browser.csrf_token(request)
        await identity.second_factors.add_passkey(id, _site(request), credential, recovery, browser=token, at=now)
        return await added(request, form, session, Proof(method=Method.PASSKEY, at=now), recovery)

    return await submitted(request, identity, now, work)


@router.post("/sign-in/passkey/options", dependencies=[limited("sign_in")])
async def ask_for_any(request: Request, identity: Data, now: Now) -> Response:
    """Ask for any passkey of this site that checks its owner; who that is, it will say."""

    async def work(_: dict[str, str]) -> Response:
        challenge = await identity.second_factors.challenge(ALONE, browser.csrf_token(request), at=now)
        return _options(request, passkeys.request(_site(request), challenge, None))

    return await _sent(request, work)


@router.post("/sign-in/passkey", dependencies=[limited("sign_in")])
async def sign_in_with_passkey(request: Request, identity: Data, now: Now) -> Response:
    """Sign in with nothing else; it counts for two factors, because the authenticator checked its owner."""

    async def work(form: dict[str, str]) -> Response:
        factor = await identity.second_factors.with_passkey(form.get("credential", ""))
        proof = await _proved(request, form, factor, ALONE, now)
        await require_active(identity, factor.id)
        return await go_on(request, form, factor.id, [proof], identity, now)

    return await _sent(request, work)


@router.post("/sign-in/second-factor/passkey/options", dependencies=[limited("sign_in")])
async def ask_for_one(request: Request, identity: Data, now: Now) -> Response:
    """Ask for one of the passkeys of whoever gave the password."""

    async def work(form: dict[str, str]) -> Response:
        id, _ = await half_way(request, form, identity, now)
        known = (await identity.second_factors.of(id)).passkeys
        challenge = await identity.second_factors.challenge(f"second/{id}", browser.csrf_token(request), at=now)
        return _options(request, passkeys.request(_site(request), challenge, known))

    return await _sent(request, work)


@router.post("/sign-in/second-factor/passkey", dependencies=[limited("sign_in")])
async def prove_with_passkey(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str]) -> Response:
        id, proofs = await half_way(request, form, identity, now)
        factor = await identity.second_factors.of(id)
        proof = await _proved(request, form, factor, f"second/{id}", now)
        return await go_on(request, form, id, [*proofs, proof], identity, now)

    return await _sent(request, work)


async def _proved(request: Request, form: dict[str, str], factor: SecondFactor, purpose: str, now: Now) -> Proof:
    factors, token = request.app.state.data.second_factors, browser.csrf_token(request)
    credential = form.get("credential", "")
    try:
        proof: Proof = await factors.prove_passkey(
            factor, _site(request), credential, purpose=purpose, browser=token, at=now
        )
    except PasskeyNotGood as no:
        metrics.SIGN_INS.labels("wrong_passkey").inc()
        await request.app.state.data.note_in_vain("prove_passkey", factor.id or None, str(no))
        raise
    return proof


async def _sent(request: Request, work: Work) -> Response:
    """Read what the sign-in page sent."""
    try:
        form = await parameters.of_form(request)
        browser.refuse_forged(request, form)
        return await work(form)
    except Forged:
        return message(request, 403, CANNOT, STALE, link=AGAIN)
    except (NotReadable, Refusal) as no:
        return message(request, 422, CANNOT, str(no), link=AGAIN)


def _site(request: Request) -> Site:
    return Site(request.app.state.settings.public_url)


def _options(request: Request, options: str) -> Response:
    return Response(options, media_type="application/json", headers=safe_headers(request))
