"""The first and the last thing a request meets: limits, trace, metric, log line, and no fault without an answer."""

import time
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from fastapi import Request
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis import metrics
from services.chassis.http import LIMIT
from services.chassis.problems import BodyTooLarge, ProblemResponse, problem
from services.chassis.tracing import span

log = structlog.get_logger()

LARGEST_BODY: Final = 1024 * 1024
"""Bytes, where a route says nothing else by `http.upload`."""


class Edge:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with span(f"{scope['method']} {scope['path']}", SpanKind.SERVER, headers):
            await self._answer(scope, receive, send, headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: MutableMapping[str, str]) -> None:
        started, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            status = int(message.get("status", status))
            await send(message)

        try:
            await self._app(scope, _bounded(scope, receive, headers), sending)
        except Exception:
            log.exception("fault", path=scope["path"])
            if not status:
                await _fault(scope)(scope, receive, sending)
        finally:
            _account(scope, status, time.perf_counter() - started)


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


def _account(scope: Scope, status: int, seconds: float) -> None:
    route: Any = scope.get("route")
    path = getattr(route, "path", "unknown")
    metrics.REQUESTS.labels(scope["method"], path, status).observe(seconds)
    log.info("request", method=scope["method"], route=path, status=status, ms=round(seconds * 1000, 1))
