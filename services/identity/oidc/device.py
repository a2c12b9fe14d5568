"""The device authorization endpoint, and tokens for a device whose person said yes (RFC 8628)."""

# ruff: noqa: ARG002 - the core decides what an override is given

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc8628 import DeviceCodeGrant
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.chassis.http import Now, anyone
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.client import Client, GrantType
from services.identity.domain.device import INTERVAL, LIFE, Device, DeviceState
from services.identity.domain.record import digest
from services.identity.oidc import shell
from services.identity.oidc.clients import ANY_CLIENT
from services.identity.oidc.errors import InvalidTarget
from services.identity.oidc.hand import Hand
from services.identity.oidc.traps import Answer, IdToken, Server
from services.identity.pages import browser
from services.identity.parameters import NotReadable
from services.identity.store import Identity
from services.identity.store.limits import DEVICES

PATH: Final = "/oauth2/device"
TOKEN: Final = "/oauth2/token"  # noqa: S105 - a path
FETCHED: Final = shell.refusal("invalid_grant", "This was used before, so everything that came of it is revoked.")

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@dataclass
class DeviceHand(Hand):
    device: Device | None = None
    hurried: bool = False
    """It polls faster than it was told to."""


@router.post(PATH)
async def begin_on_device(request: Request, identity: Data, now: Now) -> Response:
    """Give a device a code to show to its person, and one to poll with."""
    if wait := await identity.limits.try_once(DEVICES, browser.network(request), at=now):
        refused = {"error": "slow_down", "error_description": "Too many devices begin here. Wait a while."}
        return JSONResponse(refused, 429, {**shell.UNCACHED, "Retry-After": str(wait)})
    try:
        asked = await parameters.of_form(request)
        return shell.rendered(await _begin(request, asked, identity, now))
    except NotReadable as error:
        return shell.rendered(shell.refusal("invalid_request", str(error)))


async def _begin(request: Request, asked: dict[str, str], identity: Identity, now: datetime) -> Answer:
    hand = Hand(client=await shell.asking(request, identity, asked))
    server = Server(hand, await shell.mint(request, identity, now))
    pure = shell.pure(request, PATH, asked)
    try:
        client = shell.decently(lambda: server.authenticate_client(pure, ANY_CLIENT)).client
        scope, resource = _allowed(client, asked)
    except OAuth2Error as error:
        return server.refuse(error)
    if not await shell.is_first_use(hand, identity):
        return shell.REPLAYED
    device_code = secrets.token_urlsafe(36)
    user_code = await identity.devices.begin(device_code, client_id=client.id, scope=scope, resource=resource, at=now)
    return Answer(200, _told(server.mint.issuer, device_code, user_code))


def _allowed(client: Client, asked: dict[str, str]) -> tuple[str, str]:
    """Give scope and resource that the client may ask for."""
    if GrantType.DEVICE not in client.grant_types:
        raise UnauthorizedClientError("The client is not registered for devices.")
    wanted, scope = asked.get("resource", client.resources[0]).split(), client.narrowed(asked.get("scope", "openid"))
    if not wanted or not {*wanted} <= {*client.resources}:
        raise InvalidTarget("This resource is not one the client may ask for.")
    if not scope:
        raise InvalidScopeError
    return scope, " ".join(wanted)


def _told(issuer: str, device_code: str, user_code: str) -> dict[str, Any]:
    return {
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": f"{issuer}/device",
        "verification_uri_complete": f"{issuer}/device?user_code={user_code}",
        "expires_in": int(LIFE.total_seconds()),
        "interval": int(INTERVAL.total_seconds()),
    }


async def token(request: Request, asked: dict[str, str], identity: Identity, now: datetime) -> Answer:
    """Answer a poll: wait, slow down, too late, no, or the tokens, once."""
    hand = DeviceHand(client=await shell.asking(request, identity, asked), resource=asked.get("resource"))
    await _load(hand, asked.get("device_code", ""), identity, now)
    server = Server(hand, await shell.mint(request, identity, now))
    server.register_grant(DeviceGrant, [IdToken()])
    answer = shell.ask_for_token(server, shell.pure(request, TOKEN, asked))
    if not await shell.is_first_use(hand, identity):
        return shell.REPLAYED
    if hand.device and hand.device.used_at and hand.grant and answer.status != 401:
        await identity.grants.revoke(hand.grant.id, at=now)
    if answer.status != 200:
        return answer
    assert hand.device and hand.grant  # noqa: S101, PT018 - nothing is answered without
    fetched = await identity.grants.fetch(identity.devices, hand.device, hand.grant, hand.new_refresh_token, at=now)
    return answer if fetched else FETCHED


async def _load(hand: DeviceHand, device_code: str, identity: Identity, now: datetime) -> None:
    device = await identity.devices.get(digest(device_code))
    if device is None or hand.client is None or device.client_id != hand.client.id:
        return
    hand.device = device
    if device.is_open(now):
        hand.hurried = not await identity.devices.may_poll(device, at=now)
    if device.grant_id:
        hand.grant = await identity.grants.get(device.grant_id)
        await shell.load_holder(hand, identity)


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]
    """The core calls an unknown device code malformed, and another client's unauthorized; both are no grant at all."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT

    def query_device_credential(self, device_code: str) -> "DeviceInHand":
        hand = self.server.hand
        if hand.device is None or hand.device.used_at is not None:
            raise InvalidGrantError("This device_code is unknown, another client's, or was used.")
        return DeviceInHand(hand.device, self.server.mint.at)

    def query_user_grant(self, user_code: str) -> tuple[Any, bool] | None:
        hand, at = self.server.hand, self.server.mint.at
        if hand.device.state is DeviceState.PENDING:
            return None
        if hand.device.state is DeviceState.APPROVED and not (hand.holder and hand.grant and hand.grant.is_alive(at)):
            raise InvalidGrantError("What was allowed has been taken back.")
        return hand.holder, hand.device.state is DeviceState.APPROVED

    def should_slow_down(self, credential: "DeviceInHand") -> bool:
        return bool(self.server.hand.hurried)

    def generate_token(self, user: Any = None, scope: str = "", **more: Any) -> dict[str, Any]:
        """Give a refresh token only where the person allowed access beyond their session."""
        offline = more.pop("include_refresh_token", True) and "offline_access" in scope.split()
        given: dict[str, Any] = super().generate_token(user, scope, include_refresh_token=offline, **more)
        return given


@dataclass(frozen=True)
class DeviceInHand:
    device: Device
    at: datetime

    def get_client_id(self) -> str:
        return self.device.client_id

    def get_scope(self) -> str:
        return self.device.scope

    def get_user_code(self) -> str:
        return self.device.user_code

    def is_expired(self) -> bool:
        return self.at >= self.device.expires_at
