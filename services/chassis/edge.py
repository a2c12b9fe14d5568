"""The first and the last thing a request meets: limits, trace, metric, log line, and no fault without an answer."""

import asyncio
import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from fastapi import Request
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis import hands, metrics
from services.chassis.domain import Refusal
from services.chassis.hands import Hand
from services.chassis.http import LIMIT
from services.chassis.problems import (
    BodyTooLarge,
    HeadersTooLarge,
    ProblemResponse,
    TookTooLong,
    UrlTooLong,
    problem,
    refused,
)
from services.chassis.tracing import span

log = structlog.get_logger()

LARGEST_BODY: Final = 1024 * 1024
"""Bytes, where a route says nothing else by `http.upload`."""
LONGEST_URL: Final = 24 * 1024
"""Authorization requests are the longest; identity bounds their parameters more narrowly, and with a page."""
LARGEST_HEADERS: Final = 32 * 1024
MOST_HEADERS: Final = 100
PATIENCE: Final = 45.0
"""Seconds until an answer has begun, the body's arrival included; how long it goes on is nobody's business here."""
SAFE: Final = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"content-security-policy": b"frame-ancestors 'none'",
}
"""On every answer that says nothing else, whatever gateway stands in front."""
HTTPS_ALONE: Final = (b"strict-transport-security", b"max-age=31536000")
REQUEST_ID: Final = re.compile(r"[\w.-]{8,64}", re.ASCII)


class Edge:
    def __init__(self, app: ASGIApp, *, https: bool = False, patience: float = PATIENCE) -> None:
        self._app = app
        self._safe = SAFE | (dict([HTTPS_ALONE]) if https else {})
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request_id = _request_id(headers)
        with (
            span(f"{scope['method']} {scope['path']}", SpanKind.SERVER, headers),
            structlog.contextvars.bound_contextvars(request_id=request_id),
            hands.acting(_hand_of(scope, request_id)),
        ):
            await self._answer(scope, receive, send, headers, request_id)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: MutableMapping[str, str], request_id: str
    ) -> None:
        started, status, over = time.perf_counter(), 0, False
        limit = asyncio.timeout(self._patience)
        always = self._safe | {b"x-request-id": request_id.encode()}

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], *_missing(message["headers"], always)]
                if not over and not limit.expired():
                    limit.reschedule(None)
            await send(message)

        try:
            app = await _refusal_of(scope) or self._app
            async with limit:
                await app(scope, _bounded(scope, receive, headers), sending)
        except Exception as error:
            over = True
            late = limit.expired() and isinstance(error, TimeoutError)
            if not late:
                log.exception("fault", path=scope["path"])
            if not status:
                answer = await _too_late(scope) if late else _fault(scope)
                await answer(scope, receive, sending)
        finally:
            _account(scope, status, time.perf_counter() - started)


def _hand_of(scope: Scope, request_id: str) -> Hand:
    """Nobody in particular, until a token or a cookie says who."""
    host = str((scope.get("client") or ("",))[0])
    return Hand(hands.ANONYMOUS, address=hands.truncated(host), request_id=request_id)


def _request_id(headers: MutableMapping[str, str]) -> str:
    """Take the gateway's, if it gave a decent one."""
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _missing(headers: Any, always: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    said = {name.lower() for name, _ in headers}
    return [(name, value) for name, value in always.items() if name not in said]


async def _refusal_of(scope: Scope) -> ProblemResponse | None:
    """Refuse a head that is larger than any of ours, before anything is done about it."""
    refusal: Refusal | None = None
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_URL:
        refusal = UrlTooLong(f"The path and the query are over {LONGEST_URL} bytes. Send less.")
    elif len(scope["headers"]) > MOST_HEADERS or sum(len(n) + len(v) for n, v in scope["headers"]) > LARGEST_HEADERS:
        refusal = HeadersTooLarge(f"There are over {MOST_HEADERS} headers, or over {LARGEST_HEADERS} bytes of them.")
    return await refused(Request(scope), refusal) if refusal else None


def _bounded(scope: Scope, receive: Receive, headers: MutableMapping[str, str]) -> Receive:
    """Refuse a body over the limit before it is read whole; a route may raise its own until it begins to read."""
    seen = 0
    scope[LIMIT] = LARGEST_BODY
    announced = headers.get("content-length", "0")

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > scope[LIMIT] or (announced.isdecimal() and int(announced) > scope[LIMIT]):
            raise BodyTooLarge(f"The body is over {scope[LIMIT]} bytes. Send less.")
        return message

    return receiving


def _fault(scope: Scope) -> ProblemResponse:
    detail = "Something went wrong on our side. It was noted under the trace_id; nothing was half done."
    return problem(Request(scope), "Fault", 500, detail)


async def _too_late(scope: Scope) -> ProblemResponse:
    log.warning("gave up", path=scope["path"])
    detail = "This took too long and was given up: done whole or not at all. Read how it stands before you ask again."
    return await refused(Request(scope), TookTooLong(detail))


def _account(scope: Scope, status: int, seconds: float) -> None:
    route: Any = scope.get("route")
    path = getattr(route, "path", "unknown")
    metrics.REQUESTS.labels(scope["method"], path, status).observe(seconds)
    log.info("request", method=scope["method"], route=path, status=status, ms=round(seconds * 1000, 1))
