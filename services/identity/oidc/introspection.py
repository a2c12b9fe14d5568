"""The introspection endpoint (RFC 7662): whether a token is good right now, for clients that prove who they are."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.chassis.http import Now, anyone, limited
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.oidc import shell, showing
from services.identity.oidc.hand import Hand
from services.identity.oidc.traps import Answer, Server
from services.identity.parameters import NotReadable
from services.identity.store import Identity

INTROSPECT: Final = "/oauth2/introspect"

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@router.post(INTROSPECT, dependencies=[limited("token")])
async def introspect_token(request: Request, identity: Data, now: Now) -> Response:
    """Tell a client about a token: its own, or one for a resource it stands for. Others are to it as if unknown."""
    try:
        asked = await parameters.of_form(request)
        return shell.rendered(await _introspection(request, asked, identity, now))
    except NotReadable as error:
        return shell.rendered(shell.refusal("invalid_request", str(error)))


async def _introspection(request: Request, asked: dict[str, str], identity: Identity, now: datetime) -> Answer:
    hand = Hand(client=await shell.asking(request, identity, asked))
    minted = await shell.mint(request, identity, now)
    hand.shown = await showing.shown(asked.get("token", ""), minted, identity, now)
    answer = shell.ask_at("introspection", Server(hand, minted), shell.pure(request, INTROSPECT, asked))
    return answer if await shell.is_first_use(hand, identity) else shell.REPLAYED
