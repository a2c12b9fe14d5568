"""The page for devices: type the code that one shows, see who asks for what, say yes or no."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from uuid6 import uuid7

from services.chassis.http import Now, anyone, limited
from services.identity.dependencies import Data
from services.identity.domain import grant as grants
from services.identity.domain.client import Client
from services.identity.domain.device import Device, DeviceCodeNotGood, written
from services.identity.domain.session import Session
from services.identity.languages import _
from services.identity.pages import browser
from services.identity.pages.consent import MEANINGS
from services.identity.pages.patient import PatientRoute
from services.identity.pages.rendering import message, page, safe_headers
from services.identity.pages.second_factor import CONTINUE
from services.identity.pages.submitted import queried, submitted
from services.identity.store import Identity
from services.identity.store.consents import ConsentGone
from services.identity.store.limits import DEVICE
from services.identity.waiting import seal_device

PLACE: Final = "/device"
FIELD: Final = "user_code"
LONGEST: Final = 40

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)], route_class=PatientRoute)


@router.get("")
async def show_device(request: Request, identity: Data, now: Now) -> Response:
    """Ask for the code; a link can bring it along, but the person says that it is the one."""
    code = written((await queried(request)).get(FIELD, "")[:LONGEST])
    if await browser.session(request, identity, now) is None:
        return _to_sign_in(request, code, identity)
    return page(request, "device", code=code, wrong="")


@router.post("", dependencies=[limited("sign_in")])
async def answer_device(request: Request, identity: Data, now: Now) -> Response:
    """Show who asks and what for, and take the answer."""

    async def work(form: dict[str, str], session: Session) -> Response:
        code = written(form.get(FIELD, "")[:LONGEST])
        if wait := await _tries(request, session, identity, now):
            return _too_many(request, code, wait)
        try:
            device, client = await _find(request, code, session, identity, now)
            return await _answer(request, form, session, device, client, identity, now)
        except DeviceCodeNotGood as no:
            return page(request, "device", 422, code=code, wrong=str(no))
        except ConsentGone:
            return _to_sign_in(request, code, identity)

    if await browser.session(request, identity, now) is None:
        return _to_sign_in(request, "", identity)
    return await submitted(request, identity, now, work)


async def _answer(
    request: Request,
    form: dict[str, str],
    session: Session,
    device: Device,
    client: Client,
    identity: Identity,
    now: datetime,
) -> Response:
    match form.get("answer"):
        case "yes":
            await _approve(identity, session, device, client, now)
            return message(request, 200, _("Your device is signed in"), _("You can close this page and go on there."))
        case "no":
            await identity.devices.deny(device, at=now)
            return message(request, 200, _("Your device was not let in"), _("Nothing was given to it."))
        case _:
            person = await identity.people.get(session.account_id)
            asked, code = [MEANINGS[word] for word in device.scope.split()], written(form[FIELD])
            return page(request, "device-confirm", client=client, asked=asked, person=person, code=code)


def _guessers(request: Request, session: Session) -> tuple[str, str]:
    return session.account_id, browser.network(request)


async def _tries(request: Request, session: Session, identity: Identity, now: datetime) -> int:
    """Count a guess, for the account and for the network; gives the seconds to wait, 0 for none."""
    for who in _guessers(request, session):
        if wait := await identity.limits.try_once(DEVICE, who, at=now):
            return wait  # what is refused here costs the others nothing
    return 0


async def _find(
    request: Request, code: str, session: Session, identity: Identity, now: datetime
) -> tuple[Device, Client]:
    """Give the device that shows this code. Raises `DeviceCodeNotGood`."""
    device = await identity.devices.asking(code, at=now)
    for who in _guessers(request, session):
        await identity.limits.forgive(DEVICE, who, at=now)
    client = await identity.clients.get(device.client_id)
    if client is None:
        raise DeviceCodeNotGood("The application that asked is not known any more.")
    return device, client


async def _approve(identity: Identity, session: Session, device: Device, client: Client, now: datetime) -> None:
    grant = grants.begin(
        str(uuid7()),
        session=session,
        client_id=client.id,
        scope=device.scope,
        resource=device.resource,
        nonce=None,
        at=now,
    )

    async def keep() -> None:
        await identity.grants.add(grant)

    async def begin() -> None:
        if not client.first_party:
            await identity.consents.give(session.account_id, client.id, device.scope, at=now)
        await identity.begin_grant(grant, session, asked=not client.first_party, keep=keep, at=now)

    await identity.devices.approve(device, grant.id, begin, at=now)


def _too_many(request: Request, code: str, wait: int) -> Response:
    response = page(
        request, "device", 429, code=code, wrong=_("Too many codes were typed. Wait a while, then try again.")
    )
    response.headers["Retry-After"] = str(wait)
    return response


def _to_sign_in(request: Request, code: str, identity: Identity) -> Response:
    rest = seal_device(identity.vault, code)
    return RedirectResponse(f"/sign-in?{urlencode({CONTINUE: rest})}", 303, safe_headers(request))
