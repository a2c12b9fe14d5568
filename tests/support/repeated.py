"""Each POST that a test does as the first one, once more under the same key: it becomes what its route declares.

All clients are listened to in the tests that make every call (`tests.contract.calls`), so every route is held to it.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import pytest
from uuid6 import uuid7

from services.chassis.documents import KEYS
from tests.contract.calls import Calls
from tests.contract.openapi import Operation

ENDS_ITS_TOKEN: Final = "POST /v1/me/password"
"""Who repeats it signs in first."""
Send = Callable[..., Awaitable[httpx.Response]]
_calls: Final = Calls()
_repeated: Final[set[str]] = set()


@contextmanager
def repeating() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "send", _repeating(httpx.AsyncClient.send))
        yield


def _repeating(send: Send) -> Send:
    async def sending(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        operation = _calls.called(request.method, request.url.path) if request.method == "POST" else None
        if operation is None or operation.name in {*_repeated, ENDS_ITS_TOKEN}:
            return await send(self, request, **more)
        request.headers.setdefault("Idempotency-Key", str(uuid7()))
        response = await send(self, request, **more)
        if response.is_success and operation.name not in _repeated:
            _repeated.add(operation.name)
            before = response.status_code, await response.aread()
            repeated = httpx.Request("POST", request.url, headers=request.headers, content=request.content)
            becomes = _becomes(await send(self, repeated), before)
            assert becomes == _declared(operation), operation.name
        return response

    return sending


def _becomes(again: httpx.Response, before: tuple[int, bytes]) -> str:
    """Say it in the words of `KEYS`."""
    if again.headers.get("idempotency-replayed") == "true" and (again.status_code, again.content) == before:
        return "answered again"
    if again.status_code == httpx.codes.CONFLICT and again.json()["type"] == "/problems/shown-once":
        return "shown once"
    return "done again" if again.is_success else f"{again.status_code} {again.text}"


def _declared(operation: Operation) -> str:
    words = operation.headers()["Idempotency-Key"]["description"]
    return next(kind for kind, said in KEYS.items() if said == words)
