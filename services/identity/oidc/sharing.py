"""What clients in a page of another origin may ask: the endpoints that take nothing from a browser by themselves.

No cookie counts there, only what the client itself sends, so that every origin may (Fetch standard, CORS protocol).
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from services.chassis.http import anyone

PATHS: Final = (
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/oauth2/jwks",
    "/oauth2/token",
    "/oauth2/revoke",
    "/oauth2/userinfo",
)
ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*"}
READABLE: Final = ANY_ORIGIN | {"Access-Control-Expose-Headers": "WWW-Authenticate, Retry-After"}
ALLOWED: Final = ANY_ORIGIN | {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "7200",
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)])


class Shared(APIRoute):
    """A route whose answers, refusals too, a client in any page may read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await answer(request)
            response.headers.update(READABLE)
            return response

        return handle


async def allow(_: Request) -> Response:
    """Tell a browser, before a client asks, that it may."""
    return Response(status_code=204, headers=ALLOWED)


for path in PATHS:
    router.add_api_route(path, allow, methods=["OPTIONS"])
