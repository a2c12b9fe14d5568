"""A project's logo: sent, shown, taken back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Query, Response

from services.chassis.http import By, Now, Reader, binary_body, router, upload
from services.projects.api.data import Data, Id
from services.projects.api.projects import EnrollmentView
from services.projects.domain.logo import LARGEST, MEDIA_TYPES, LogoUnknown, logo_of
from services.projects.domain.project import Project

routes = router("/v1/projects", "logos")

Sent = Annotated[AsyncIterator[bytes], upload(LARGEST)]
PICTURES: Final = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES.values()
}
HARMLESS: Final = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""Whatever a browser takes the content for, nothing of it runs."""
FOR_EVER: Final = "public, max-age=31536000, immutable"

_one_at_a_time: Final = asyncio.Semaphore(1)
"""Decoding takes up to 50 MB."""


@routes.put("/{id}/logo", response_model=EnrollmentView, openapi_extra=binary_body(*MEDIA_TYPES.values()))
async def set_logo(id: Id, sent: Sent, data: Data, by: By, now: Now) -> Project:
    """Keep a PNG or a JPEG picture, made smaller where it is over 512 pixels; its content tells which it is."""
    (await data.projects.get(id)).must_be_administered_by(by)
    content = b"".join([part async for part in sent])
    async with _one_at_a_time:
        logo = await asyncio.to_thread(logo_of, content)
    return await data.set_logo(id, logo, by=by, at=now)


@routes.get("/{id}/logo", response_class=Response, responses={200: {"content": PICTURES}})
async def read_logo(
    id: Id,
    data: Data,
    reader: Reader,
    v: Annotated[
        str | None, Query(max_length=64, description="`logo` of the project: then it may be kept for ever")
    ] = None,
) -> Response:
    project = await data.projects.visible_to(reader, id)
    logo = await data.logos.of(id)
    if logo is None:
        raise LogoUnknown(f"The project {project.name!r} has no logo.")
    lasting = v == logo.digest and project.is_seen_by(None)
    headers = {"ETag": f'"{logo.digest}"', "Cache-Control": FOR_EVER if lasting else "private, no-cache"}
    return Response(logo.content, media_type=logo.media_type, headers=headers | HARMLESS)


@routes.delete("/{id}/logo", status_code=204)
async def remove_logo(id: Id, data: Data, by: By, now: Now) -> None:
    await data.set_logo(id, None, by=by, at=now)
