"""The shell around the core: what every protocol endpoint does before and after."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import unquote

from authlib.oauth2 import OAuth2Error, OAuth2Request
from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jws
from joserfc.errors import JoseError

from services.identity.domain.client import Client
from services.identity.oidc.hand import Hand
from services.identity.oidc.tokens import Mint
from services.identity.oidc.traps import Answer, PureRequest, Server
from services.identity.parameters import NotReadable
from services.identity.store import Identity

T = TypeVar("T")
UNCACHED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}


async def mint(request: Request, identity: Identity, at: datetime) -> Mint:
    return Mint(await identity.keys.ring(at), request.app.state.settings.public_url, at)


def pure(request: Request, path: str, parameters: dict[str, str]) -> PureRequest:
    issuer = request.app.state.settings.public_url
    return PureRequest(issuer, path, parameters, request.headers.get("authorization"))


async def asking(request: Request, identity: Identity, parameters: Mapping[str, str]) -> Client | None:
    """Give the client that a request names, in header, body or assertion; the core decides whether it may."""
    named = _named_in_header(request.headers.get("authorization", "")), _named_in_assertion(parameters)
    id = next((name for name in named if name), parameters.get("client_id"))
    return await identity.clients.get(id) if id else None


def _named_in_header(authorization: str) -> str | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name = base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        raise NotReadable("The Authorization header cannot be read.") from None
    return unquote(name)


def _named_in_assertion(parameters: Mapping[str, str]) -> str | None:
    """Read, without trust, whose assertion it is; the core checks it afterwards."""
    return _claim(parameters["client_assertion"], "sub") if "client_assertion" in parameters else None


async def load_holder(hand: Hand, identity: Identity) -> None:
    """Load whose the grant is, if there is one."""
    if hand.grant:
        hand.account = await identity.accounts.find_one({"_id": hand.grant.account_id})
        ending = await identity.endings.find_one({"_id": hand.grant.account_id})
        hand.ended_at = ending.before if ending else None


def ask_for_token(server: Server, request: OAuth2Request) -> Answer:
    return decently(lambda: server.create_token_response(request))


def ask_for_revocation(server: Server, request: OAuth2Request) -> Answer:
    return ask_at("revocation", server, request)


def ask_at(endpoint: str, server: Server, request: OAuth2Request) -> Answer:
    answer: Answer = decently(lambda: server.create_endpoint_response(endpoint, request))
    return answer


async def is_first_use(hand: Hand, identity: Identity) -> bool:
    """Take the client's assertion, if it sent one; False where it was shown before."""
    return hand.assertion is None or await identity.grants.is_first_use(hand.assertion)


def decently(run: Callable[[], T]) -> T:
    """Let the core do something. Where it cannot put a wrong value into words it raises ValueError: `NotReadable`."""
    try:
        return run()
    except NotReadable:
        raise
    except (ValueError, RecursionError):
        raise NotReadable("A parameter has a value that cannot be used.") from None


def refusal(error: str, description: str, status: int = 400) -> Answer:
    return Answer(status, {"error": error, "error_description": description})


REPLAYED: Final = refusal("invalid_client", "This client_assertion was used before. Make a new one for every request.")


def rendered(answer: Answer, *, see_other: bool = False) -> Response:
    if location := answer.headers.get("Location"):
        return RedirectResponse(location, 303 if see_other else 302, UNCACHED)
    challenge = {name: value for name, value in answer.headers.items() if name == "WWW-Authenticate"}
    return JSONResponse(answer.body, answer.status, {**UNCACHED, **challenge})


def audience(id_token: str) -> str | None:
    """Read, without trust, whom an id_token is for; the core checks the token afterwards."""
    return _claim(id_token, "aud")


def _claim(token: str, name: str) -> str | None:
    try:
        claims = json.loads(jws.extract_compact(token.encode()).payload or b"{}")
    except (JoseError, ValueError, RecursionError):
        return None
    found = claims.get(name) if isinstance(claims, dict) else None
    return found if isinstance(found, str) else None


def described(error: OAuth2Error) -> str:
    return str(error.get_error_description() or error.error)
