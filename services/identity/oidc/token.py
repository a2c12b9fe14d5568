"""The token and revocation endpoints."""

from datetime import datetime
from typing import Final

from authlib.oauth2 import OAuth2Error
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.chassis.http import Now, anyone, limited
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.client import GrantType
from services.identity.domain.record import digest
from services.identity.oidc import device, shell, showing
from services.identity.oidc.clients import ANY_CLIENT
from services.identity.oidc.hand import Hand
from services.identity.oidc.sharing import Shared
from services.identity.oidc.traps import Answer, PureRequest, Server
from services.identity.parameters import NotReadable
from services.identity.store import Identity

TOKEN: Final = "/oauth2/token"  # noqa: S105 - a path
REVOKE: Final = "/oauth2/revoke"
SPENT: Final = shell.refusal("invalid_grant", "This was used before, so everything that came of it is revoked.")

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)], route_class=Shared)


@router.post(TOKEN, dependencies=[limited("token")])
async def give_token(request: Request, identity: Data, now: Now) -> Response:
    """Give tokens for a code, for a refresh token, or to a client by itself."""
    try:
        asked = await parameters.of_form(request)
        answer = device.token if asked.get("grant_type") == GrantType.DEVICE else _token
        return shell.rendered(await answer(request, asked, identity, now))
    except NotReadable as error:
        return shell.rendered(shell.refusal("invalid_request", str(error)))


@router.post(REVOKE)
async def revoke_token(request: Request, identity: Data, now: Now) -> Response:
    """End the grant that a refresh token or an access token belongs to (RFC 7009)."""
    try:
        asked = await parameters.of_form(request)
        return shell.rendered(await _revocation(request, asked, identity, now))
    except NotReadable as error:
        return shell.rendered(shell.refusal("invalid_request", str(error)))


async def _token(request: Request, asked: dict[str, str], identity: Identity, now: datetime) -> Answer:
    hand = await _load(asked, identity)
    hand.client, hand.resource = await shell.asking(request, identity, asked), asked.get("resource")
    server = Server(hand, await shell.mint(request, identity, now))
    pure = shell.pure(request, TOKEN, asked)
    if wrong := await _second_use(server, pure, identity, now):
        return wrong
    answer = shell.ask_for_token(server, pure)
    if not await shell.is_first_use(hand, identity):
        return shell.REPLAYED
    return answer if answer.status != 200 or await _commit(hand, identity, now) else SPENT


async def _load(asked: dict[str, str], identity: Identity) -> Hand:
    hand = Hand()
    kind = asked.get("grant_type")
    if kind == "authorization_code" and "code" in asked:
        hand.code = await identity.grants.codes.get(digest(asked["code"]))
    if kind == "refresh_token" and "refresh_token" in asked:
        hand.refresh_token = await identity.grants.refresh_tokens.get(digest(asked["refresh_token"]))
    await _load_grant(hand, identity)
    return hand


async def _load_grant(hand: Hand, identity: Identity) -> None:
    held = hand.code or hand.refresh_token
    hand.grant = await identity.grants.get(held.grant_id) if held else None
    await shell.load_holder(hand, identity)


async def _second_use(server: Server, pure: PureRequest, identity: Identity, now: datetime) -> Answer | None:
    """End a grant of which something spent is shown again, by whoever proves to be its client."""
    held = server.hand.code or server.hand.refresh_token
    if held is None or held.used_at is None:
        return None
    try:
        client = shell.decently(lambda: server.authenticate_client(pure, ANY_CLIENT))
    except OAuth2Error as error:
        return server.refuse(error)
    if client.client_id == held.client_id:
        await identity.grants.revoke(held.grant_id, at=now)
    return SPENT


async def _commit(hand: Hand, identity: Identity, now: datetime) -> bool:
    """Spend what was shown, before anything is answered; False where somebody else was first."""
    if hand.new_machine:
        await identity.grants.machines.add(hand.new_machine)
        return True
    assert hand.grant  # noqa: S101 - nothing is answered without
    if hand.code:
        return await identity.grants.redeem(hand.code, hand.grant, hand.new_refresh_token, at=now)
    assert hand.refresh_token and hand.new_refresh_token  # noqa: S101, PT018 - the core made one for the other
    return await identity.grants.rotate(hand.refresh_token, hand.grant, hand.new_refresh_token, at=now)


async def _revocation(request: Request, asked: dict[str, str], identity: Identity, now: datetime) -> Answer:
    hand = Hand(client=await shell.asking(request, identity, asked))
    minted = await shell.mint(request, identity, now)
    token = asked.get("token", "")
    hand.refresh_token = await identity.grants.refresh_tokens.get(digest(token))
    await _load_grant(hand, identity)
    found = hand.grant if hand.refresh_token else await showing.holder_of(token, minted, identity)
    answer = shell.ask_for_revocation(Server(hand, minted), shell.pure(request, REVOKE, asked))
    if not await shell.is_first_use(hand, identity):
        return shell.REPLAYED
    if answer.status == 200 and found and hand.client and found.client_id == hand.client.id:
        await identity.grants.revoke(found.id, at=now)
    return answer
