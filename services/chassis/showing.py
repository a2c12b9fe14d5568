"""Pictures over HTTP: taken in one at a time, and shown so that whatever a browser takes them for, nothing runs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import Response

from services.chassis.http import upload
from services.chassis.pictures import LARGEST, MEDIA_TYPES, Picture, picture_of

SentPicture = Annotated[AsyncIterator[bytes], upload(LARGEST)]
"""A PNG or JPEG file as it arrives, at most `LARGEST` bytes of it."""
HARMLESS: Final = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
PICTURES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}}
}
"""What OpenAPI says of an answer that is a picture."""

_one_at_a_time: Final = asyncio.Semaphore(1)
"""Decoding takes up to 50 MB."""


async def received(sent: AsyncIterator[bytes]) -> Picture:
    """Decode what arrives, beside the event loop. Raises `PictureRefused`."""
    content = b"".join([part async for part in sent])
    async with _one_at_a_time:
        return await asyncio.to_thread(picture_of, content)


def shown(picture: Picture, *, cache: str) -> Response:
    """Show it, with its hash as the ETag."""
    headers = {"ETag": f'"{picture.digest}"', "Cache-Control": cache, **HARMLESS}
    return Response(picture.content, media_type=picture.media_type, headers=headers)
