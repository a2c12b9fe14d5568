"""What routes of identity need at hand."""

from typing import Annotated

from fastapi import Depends, Request

from services.identity.hashing import Hasher
from services.identity.settings import Settings
from services.identity.store import Identity


async def _data(request: Request) -> Identity:
    data: Identity = request.app.state.data
    return data


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _hasher(request: Request) -> Hasher:
    hasher: Hasher = request.app.state.data.hasher
    return hasher


Data = Annotated[Identity, Depends(_data)]
OurSettings = Annotated[Settings, Depends(_settings)]
Passwords = Annotated[Hasher, Depends(_hasher)]
