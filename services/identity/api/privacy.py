"""One's own data: all of it in one document, and all of it gone."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.responses import StreamingResponse

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.http import Body, By, Now, View, router
from services.identity.api.mfa import Password, Token
from services.identity.dependencies import Data
from services.identity.domain.erasure import Erasure, ErasureStatus
from services.identity.domain.export import Export, ExportStatus
from services.identity.domain.session import TWO_FACTORS
from services.identity.downloading import download
from services.identity.oidc.tokens import Presented
from services.identity.proving import PasswordNeeded, is_late, require_owner
from services.identity.store import Identity

privacy = router("/v1/me", "me")


class AskForExport(Body):
    password: Password = None


class Erase(Body):
    """To be sent even where it is empty: nobody erases themself by a bare request."""

    password: Password = None


class PartView(View):
    received: int
    """Pieces."""
    of: int | None


class ExportView(View):
    id: str
    version: int
    status: ExportStatus
    requested_at: Instant
    parts: Mapping[str, PartView]
    """By service; identity's own is added at the end."""
    completed_at: Instant | None
    expires_at: Instant | None
    size: int
    """Bytes of the document, which is at /v1/me/export/document once it is complete."""


class ErasureView(View):
    id: AccountId
    version: int
    status: ErasureStatus
    asked_at: Instant | None
    due_at: Instant | None
    postponed: int


async def _fresh(by: By, token: Token, now: Now) -> AccountId:
    """A document with everything is for who signed in lately. Raises `PasswordNeeded`."""
    if is_late(token.signed_in_at, now):
        raise PasswordNeeded("You signed in more than 15 minutes ago. Sign in again to fetch the document.")
    return AccountId(by.id)


Fresh = Annotated[AccountId, Depends(_fresh)]
DOCUMENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "The whole document."}
}


@privacy.post("/export", status_code=202, response_model=ExportView)
async def ask_for_export(by: By, token: Token, identity: Data, now: Now, command: AskForExport | None = None) -> Export:
    """Ask every service for what it holds on you; whoever asks again within a day gets the same one."""
    id, password = AccountId(by.id), command.password if command else None
    await require_owner(identity, id, password=password, signed_in_at=token.signed_in_at, at=now)
    return await identity.exporting.request(id, at=now)


@privacy.get("/export", response_model=ExportView)
async def read_export(by: By, identity: Data) -> Export:
    """Say how far it is."""
    return await identity.exporting.newest(AccountId(by.id))


@privacy.get("/export/document", response_class=StreamingResponse, responses=DOCUMENT)
async def read_document(id: Fresh, identity: Data, now: Now) -> StreamingResponse:
    """Fetch the one JSON document, for 7 days."""
    return await download(identity, id, now)


@privacy.delete("", status_code=202, response_model=ErasureView)
async def erase_me(command: Erase, by: By, token: Token, identity: Data, now: Now) -> Erasure:
    """Ask to be erased, from every service; until `due_at` you can change your mind: `POST /v1/me/keep`."""
    id = AccountId(by.id)
    await require_owner(identity, id, password=command.password, signed_in_at=token.signed_in_at, at=now)
    await _require_second_factor(identity, id, token)
    return await identity.erasing.ask(id, at=now)


async def _require_second_factor(identity: Identity, id: AccountId, token: Presented) -> None:
    (await identity.second_factors.of(id)).require_proved(proved=token.acr == TWO_FACTORS)


@privacy.get("/erasure", response_model=ErasureView)
async def read_erasure(by: By, identity: Data) -> Erasure:
    return await identity.erasing.of(AccountId(by.id))


@privacy.post("/keep", response_model=ErasureView)
async def keep_me(by: By, identity: Data, now: Now) -> Erasure:
    """Change your mind: nothing is erased."""
    return await identity.erasing.keep(AccountId(by.id), at=now)
