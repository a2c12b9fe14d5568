"""Clients of the provider, for staff: make one known, change it, give it a new secret, forget it."""

from typing import Annotated, Any

from fastapi import Depends
from pydantic import Field

from contracts.time import Instant
from services.chassis.http import SHOWN_ONCE, Body, Now, View, having, router
from services.chassis.paging import Page, Paging
from services.chassis.said import YesOrNo
from services.chassis.text import Line
from services.identity.client_registration import Address, Addresses, CreateClient, PublicKeys, new_secret, register
from services.identity.dependencies import Data, OurSettings, StaffNow
from services.identity.domain import client as decisions
from services.identity.domain.client import AuthMethod, Client
from services.identity.domain.record import digest

clients = router("/v1/clients", "clients")
STAFF = [Depends(having("staff"))]


class EditClient(Body):
    """What is left out stays."""

    name: Line | None = None
    redirect_uris: Addresses | None = None
    post_logout_redirect_uris: Addresses | None = None
    backchannel_logout_uri: Address | None = None
    jwks: PublicKeys | None = None


class RotateSecret(Body):
    at_once: YesOrNo = False
    """The secret before is good no more; else it goes on for a day."""


class ClientView(View):
    id: str
    version: int
    name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    auth_method: AuthMethod
    jwks: dict[str, Any] | None
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    serves: tuple[str, ...]
    grant_types: tuple[str, ...]
    pkce_required: bool
    first_party: bool
    registered_at: Instant | None


class SecretView(ClientView):
    client_secret: Annotated[str | None, Field(description="Shown this one time; a repeated request is refused")] = None
    private_key: Annotated[dict[str, Any] | None, Field(description="A JWK, shown this one time")] = None


@clients.post("", status_code=201, response_model=SecretView, dependencies=[*STAFF, SHOWN_ONCE])
async def create_client(
    command: CreateClient, by: StaffNow, identity: Data, settings: OurSettings, now: Now
) -> SecretView:
    """Make a client known. Its secret is in this answer and nowhere else."""
    made = await register(identity, settings, command, by=by, at=now)
    return _shown(made.client, client_secret=made.secret, private_key=made.private_key)


@clients.get("", response_model=Page[ClientView], dependencies=STAFF)
async def list_clients(identity: Data, paging: Paging) -> Page[Client]:
    return await identity.clients.registered.page({}, paging)


@clients.get("/{id}", response_model=ClientView, dependencies=STAFF)
async def read_client(id: str, identity: Data) -> Client:
    return await identity.clients.registered.get(id)


@clients.patch("/{id}", response_model=ClientView, dependencies=STAFF)
async def edit_client(id: str, command: EditClient, by: StaffNow, identity: Data, now: Now) -> Client:
    changes = command.model_dump(exclude_none=True)
    return await identity.clients.registered.change(id, decisions.edit, changes=changes, by=by, at=now)


@clients.post("/{id}/rotate-secret", response_model=SecretView, dependencies=[*STAFF, SHOWN_ONCE])
async def rotate_secret(id: str, command: RotateSecret, by: StaffNow, identity: Data, now: Now) -> SecretView:
    """Give it a new secret; the one before goes on for a day, so that two are good meanwhile."""
    secret, change = new_secret(), identity.clients.registered.change
    rotated = await change(id, decisions.rotate, secret=digest(secret), at_once=command.at_once, by=by, at=now)
    return _shown(rotated, client_secret=secret)


@clients.delete("/{id}", status_code=204, dependencies=STAFF)
async def delete_client(id: str, by: StaffNow, identity: Data, now: Now) -> None:
    """Forget it, and end all that people let it have; access tokens run out within 10 minutes."""
    await identity.clients.delete(id, by=by, at=now)


def _shown(client: Client, **once: object) -> SecretView:
    return SecretView.model_validate({**ClientView.model_validate(client).model_dump(), **once})
