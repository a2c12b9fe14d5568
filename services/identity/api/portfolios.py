"""One's picture and one's résumé: sent, given back, removed."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import StreamingResponse

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.documents import a_file
from services.chassis.http import By, Now, View, binary_body, router, upload
from services.chassis.kinds import FileKind
from services.chassis.pictures import MEDIA_TYPES
from services.chassis.showing import PICTURES, SentPicture, received, shown
from services.chassis.text import Line
from services.identity.dependencies import Data
from services.identity.domain.portfolio import LARGEST_RESUME, Portfolio

portfolios = router("/v1/me", "me")
SentResume = Annotated[AsyncIterator[bytes], upload(LARGEST_RESUME)]
FileName = Annotated[Line, Query(description="What it is saved as")]


class AvatarView(View):
    digest: str


class ResumeView(View):
    name: str
    size: int
    at: Instant


class PortfolioView(View):
    id: AccountId
    version: int
    avatar: AvatarView | None
    resume: ResumeView | None


@portfolios.get("/portfolio", response_model=PortfolioView)
async def read_portfolio(by: By, identity: Data) -> Portfolio:
    """Say which picture and which résumé there are."""
    return await identity.profiles.portfolio_of(by.id)


@portfolios.put("/avatar", response_model=PortfolioView, openapi_extra=binary_body(*MEDIA_TYPES.values()))
async def keep_avatar(sent: SentPicture, by: By, identity: Data, now: Now) -> Portfolio:
    """Keep a PNG or a JPEG picture, made smaller where it is over 512 pixels; cards show it if you say so."""
    return await identity.profiles.keep_avatar(AccountId(by.id), await received(sent), by=by, at=now)


@portfolios.get("/avatar", response_class=Response, responses=PICTURES)
async def read_avatar(by: By, identity: Data) -> Response:
    return shown(await identity.profiles.picture_of(by.id), cache="private, no-cache")


@portfolios.delete("/avatar", response_model=PortfolioView)
async def remove_avatar(by: By, identity: Data, now: Now) -> Portfolio:
    return await identity.profiles.keep_avatar(AccountId(by.id), None, by=by, at=now)


@portfolios.put("/resume", response_model=PortfolioView, openapi_extra=binary_body(FileKind.PDF))
async def keep_resume(sent: SentResume, by: By, identity: Data, now: Now, name: FileName = "resume.pdf") -> Portfolio:
    """Keep a PDF of at most 5 MiB, which nobody but you can fetch."""
    return await identity.profiles.keep_resume(AccountId(by.id), sent, name, by=by, at=now)


@portfolios.get("/resume", response_class=StreamingResponse, responses=a_file(FileKind.PDF))
async def read_resume(by: By, identity: Data) -> StreamingResponse:
    return identity.profiles.files.download(await identity.profiles.resume_of(by.id))


@portfolios.delete("/resume", response_model=PortfolioView)
async def remove_resume(by: By, identity: Data, now: Now) -> Portfolio:
    return await identity.profiles.keep_resume(AccountId(by.id), None, "", by=by, at=now)
