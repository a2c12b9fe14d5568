"""What routes of identity need at hand."""

from typing import Annotated

from fastapi import Depends, Request

from services.chassis.domain import Actor
from services.chassis.http import FreshFactor
from services.identity.hashing import Hasher
from services.identity.languages import speak
from services.identity.settings import Settings
from services.identity.store import Identity


async def _data(request: Request) -> Identity:
    """Give the store; what a request causes, mails too, is said in its language."""
    data: Identity = request.app.state.data
    speak(data.languages.of(request))
    return data


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _hasher(request: Request) -> Hasher:
    hasher: Hasher = request.app.state.data.hasher
    return hasher


Data = Annotated[Identity, Depends(_data)]
OurSettings = Annotated[Settings, Depends(_settings)]


async def _staff(by: FreshFactor, identity: Data) -> Actor:
    """Refuse who is staff no more; a token may be older than the loss of the role. Raises `NotAllowed`."""
    await identity.require_staff(by)
    return by


StaffNow = Annotated[Actor, Depends(_staff)]
"""A staff member of this very moment who gave a second factor lately."""
Passwords = Annotated[Hasher, Depends(_hasher)]
