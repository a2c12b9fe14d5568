"""Answers and their ETags: what tells one state of a resource from another, and whether the caller knows it already."""

import hashlib
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

KEPT: Final = frozenset({"etag", "cache-control", "vary"})
"""Headers that an answer without its body still has."""
PUBLICLY: Final = "public, max-age=30, stale-while-revalidate=60"
PRIVATELY: Final = "private, no-cache"


class Resource(JSONResponse):
    """A resource, with its version as its ETag; or several, or something that has none."""

    def __init__(self, content: Any, status_code: int = 200, headers: Any = None, **more: Any) -> None:
        super().__init__(content, status_code, headers, **more)
        self.version: int | None = content.get("version") if isinstance(content, dict) else None
        if self.version is not None:
            self.headers["ETag"] = f'"{self.version}"'


def _digest(body: bytes | memoryview) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def kept_or_known(request: Request, response: Response) -> Response:
    """Give what may be kept an ETag, and leave out what the caller keeps already."""
    response.headers.setdefault("Cache-Control", PRIVATELY)
    kept = "no-store" not in response.headers["Cache-Control"] and not isinstance(response, StreamingResponse)
    if response.status_code != HTTPStatus.OK or not kept:
        return response
    tag = response.headers["ETag"] = _tag(response)
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers={name: response.headers[name] for name in KEPT & {*response.headers}})
    return response


def _tag(response: Response) -> str:
    """Tell what is read from every other state: by its version, and by all that is shown with it and changes alone."""
    if isinstance(response, Resource) and response.version is not None:
        return f'"{response.version}.{_digest(response.body)}"'
    return response.headers.get("ETag", f'"{_digest(response.body)}"')
