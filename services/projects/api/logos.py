"""A project's logo: sent, shown, taken back."""

from typing import Annotated, Final

from fastapi import Query, Response

from services.chassis.http import By, Now, Reader, binary_body, router
from services.chassis.pictures import MEDIA_TYPES
from services.chassis.showing import PICTURES, SentPicture, received, shown
from services.projects.api.data import Data, Id
from services.projects.api.projects import EnrollmentView
from services.projects.domain.logo import LogoUnknown
from services.projects.domain.project import Project

routes = router("/v1/projects", "logos")

FOR_EVER: Final = "public, max-age=31536000, immutable"


@routes.put("/{id}/logo", response_model=EnrollmentView, openapi_extra=binary_body(*MEDIA_TYPES.values()))
async def set_logo(id: Id, sent: SentPicture, data: Data, by: By, now: Now) -> Project:
    """Keep a PNG or a JPEG picture, made smaller where it is over 512 pixels; its content tells which it is."""
    (await data.projects.get(id)).must_be_administered_by(by)
    return await data.set_logo(id, await received(sent), by=by, at=now)


@routes.get("/{id}/logo", response_class=Response, responses=PICTURES)
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
    return shown(logo, cache=FOR_EVER if lasting else "private, no-cache")


@routes.delete("/{id}/logo", status_code=204)
async def remove_logo(id: Id, data: Data, by: By, now: Now) -> None:
    await data.set_logo(id, None, by=by, at=now)
