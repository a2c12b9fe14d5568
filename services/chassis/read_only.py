"""Read-only mode: what only reads is answered, everything else is asked to come back."""

from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.chassis.problems import problem

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LATER: Final = {"Retry-After": "60"}


class ReadOnly:
    """Refuses commands before anything of them is done; a path of `reads` only reads, whatever the method."""

    def __init__(self, app: ASGIApp, reads: frozenset[str]) -> None:
        self._app = app
        self._reads = reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self._app
        if scope["type"] == "http" and scope["method"] not in READING and scope["path"] not in self._reads:
            detail = "This is being worked on and can only be read for now. Nothing was changed. Ask again in a minute."
            answer = problem(Request(scope), "ReadOnly", 503, detail, headers=LATER)
        await answer(scope, receive, send)
