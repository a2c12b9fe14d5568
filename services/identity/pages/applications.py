"""Which applications have access to one's account, what they may do, and taking it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from contracts.ids import AccountId
from services.chassis.http import Now, anyone
from services.identity.dependencies import Data
from services.identity.domain.account import myself
from services.identity.domain.consent import Consent
from services.identity.domain.session import Session
from services.identity.languages import say
from services.identity.pages import browser
from services.identity.pages.consent import MEANINGS
from services.identity.pages.rendering import page, safe_headers
from services.identity.pages.submitted import submitted, to_sign_in
from services.identity.store import Identity

PLACE: Final = "/account/applications"

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)])


@dataclass(frozen=True)
class Application:
    id: str
    name: str
    asked: tuple[str, ...]
    """What the person allowed, in words; nothing of a part of the platform, which never asked."""
    since: datetime
    lasting: bool


@router.get("")
async def show_applications(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    found = await applications(identity, session.account_id, now)
    return page(request, "applications", applications=found)


@router.post("")
async def take_access_back(request: Request, identity: Data, now: Now) -> Response:
    """End all that an application was given."""

    async def work(form: dict[str, str], session: Session) -> Response:
        id = session.account_id
        await identity.consents.withdraw(id, form.get("client_id", ""), by=myself(id), at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work)


async def applications(identity: Identity, id: AccountId, now: datetime) -> list[Application]:
    """Give those that were allowed something, and parts of the platform with access beyond the session."""
    allowed = {one.client_id: one for one in await identity.consents.allowed_by(id)}
    lasting = await identity.grants.lasting_of(id, at=now)
    known = await identity.clients.find({"_id": {"$in": [*allowed.keys() | lasting.keys()]}})
    found = [_described(client.id, client.name, allowed.get(client.id), lasting, now) for client in known]
    return sorted(found, key=lambda application: application.name.casefold())


def _described(
    id: str, name: str, consent: Consent | None, lasting: Mapping[str, datetime], now: datetime
) -> Application:
    asked = tuple(say(MEANINGS[word]) for word in MEANINGS if consent and word in consent.scopes)
    since = (consent and consent.given_at) or lasting.get(id, now)
    return Application(id, name, asked, since, id in lasting)
