"""Pages that one address sends only so often: who sends more is told so on a page, and when to come back."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from services.chassis.rates import QuotaExceeded
from services.identity.pages.rendering import message
from services.identity.pages.submitted import TITLE, TOO_MANY


class PatientRoute(APIRoute):
    """A page whose form is counted by `http.limited`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await answer(request)
            except QuotaExceeded as no:
                response = message(request, 429, TITLE, TOO_MANY)
                response.headers["Retry-After"] = str(no.wait)
                return response

        return handle
