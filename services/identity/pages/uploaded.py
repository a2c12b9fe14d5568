"""Forms with a file, of somebody who is signed in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile as Received
from starlette.exceptions import HTTPException

from services.chassis.files import FileEmpty
from services.chassis.http import LIMIT
from services.chassis.kinds import PIECE
from services.identity.domain.session import Session
from services.identity.pages.submitted import submitted
from services.identity.parameters import NotReadable
from services.identity.store import Identity

BESIDES: Final = 16 * 1024
"""Bytes of a form beside its file."""
Work = Callable[[Received, Session], Awaitable[Response]]


async def uploaded(request: Request, identity: Identity, now: datetime, largest: int, work: Work) -> Response:
    """Read a form with one file of at most `largest` bytes, called `file`, and answer it as `submitted` does."""
    request.scope[LIMIT] = largest + BESIDES
    files: list[Received] = []

    async def read(request: Request) -> dict[str, str]:
        fields, found = await _read(request)
        files.extend(found)
        return fields

    async def with_file(_: dict[str, str], session: Session) -> Response:
        if not files or not files[0].filename:
            raise FileEmpty("Choose a file first.")
        return await work(files[0], session)

    try:
        return await submitted(request, identity, now, with_file, read)
    finally:
        await request.close()


async def pieces(file: Received) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece


async def _read(request: Request) -> tuple[dict[str, str], list[Received]]:
    """Raises `NotReadable`."""
    try:
        form = await request.form(max_files=1, max_fields=8, max_part_size=BESIDES)
    except HTTPException:
        raise NotReadable("The form cannot be read. Open the page again.") from None
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    return fields, [value for value in form.values() if isinstance(value, Received)]
