"""The token and revocation endpoints."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.grant import Grant
from services.identity.domain.record import digest
from services.identity.oidc import shell
from services.identity.oidc.hand import Hand
from services.identity.oidc.tokens import Mint, TokenNotGood
from services.identity.oidc.traps import Answer, Server
from services.identity.parameters import NotReadable
from services.identity.store import Identity

TOKEN: Final = "/oauth2/token"  # noqa: S105 - a path
REVOKE: Final = "/oauth2/revoke"
SPENT: Final = shell.refusal("invalid_grant", "This was used before, so everything that came of it is revoked.")

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@router.post(TOKEN)
async def give_token(request: Request, identity: Data, now: Now) -> Response:
    """Give tokens for a code or a refresh token."""
    try:
        asked = await parameters.of_form(request)
        return shell.rendered(await _token(request, asked, identity, now))
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
    hand.client = await shell.asking(request, identity, asked)
    if await _is_second_use(hand, identity, now):
        return SPENT
    if wrong := _wrong_resource(hand, asked):
        return wrong
    server = Server(hand, await shell.mint(request, identity, now))
    answer = shell.ask_for_token(server, shell.pure(request, TOKEN, asked))
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
    if hand.grant:
        hand.account = await identity.accounts.find_one({"_id": hand.grant.account_id})


async def _is_second_use(hand: Hand, identity: Identity, now: datetime) -> bool:
    held = hand.code or hand.refresh_token
    if held is None or held.used_at is None:
        return False
    await identity.grants.revoke(held.grant_id, at=now)
    return True


async def _commit(hand: Hand, identity: Identity, now: datetime) -> bool:
    """Spend what was shown, before anything is answered; False where somebody else was first."""
    assert hand.grant  # noqa: S101 - nothing is answered without
    if hand.code:
        return await identity.grants.redeem(hand.code, hand.grant, hand.new_refresh_token, at=now)
    assert hand.refresh_token and hand.new_refresh_token  # noqa: S101, PT018 - the core made one for the other
    return await identity.grants.rotate(hand.refresh_token, hand.grant, hand.new_refresh_token, at=now)


def _wrong_resource(hand: Hand, asked: dict[str, str]) -> Answer | None:
    if hand.grant and asked.get("resource", hand.grant.resource) != hand.grant.resource:
        return shell.refusal("invalid_target", "The grant is for another resource.")
    return None


async def _revocation(request: Request, asked: dict[str, str], identity: Identity, now: datetime) -> Answer:
    hand = Hand(client=await shell.asking(request, identity, asked))
    minted = await shell.mint(request, identity, now)
    token = asked.get("token", "")
    hand.refresh_token = await identity.grants.refresh_tokens.get(digest(token))
    await _load_grant(hand, identity)
    if hand.refresh_token is None:
        hand.grant = await _grant_of_access_token(token, minted, identity)
    answer = shell.ask_for_revocation(Server(hand, minted), shell.pure(request, REVOKE, asked))
    if answer.status == 200 and hand.grant and hand.client and hand.grant.client_id == hand.client.id:
        await identity.grants.revoke(hand.grant.id, at=now)
    return answer


async def _grant_of_access_token(token: str, minted: Mint, identity: Identity) -> Grant | None:
    try:
        return await identity.grants.get(minted.read(token).grant_id)
    except TokenNotGood:
        return None
