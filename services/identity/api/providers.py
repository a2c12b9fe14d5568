"""Sign-in providers: staff add them, enable and disable them, and replace their secrets, which are never shown."""

from functools import partial
from typing import Annotated

from fastapi import Depends
from pydantic import Field

from contracts.identity import SignInProviderKind
from contracts.time import Instant
from services.chassis.http import Body, FreshFactor, Now, View, having, router
from services.chassis.paging import Page
from services.chassis.said import YesOrNo
from services.chassis.text import Line
from services.identity.dependencies import Data
from services.identity.domain import provider as decisions
from services.identity.domain.provider import Provider

providers = router("/v1/providers", "providers")
STAFF = Depends(having("staff"))
Secret = Annotated[str, Field(min_length=1, max_length=1000, repr=False)]
Host = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[a-z0-9.\-]+(:[0-9]{1,5})?$")]


class AddProvider(Body):
    id: Annotated[str, Field(min_length=1, max_length=30, description="Part of the address people come back to")]
    kind: SignInProviderKind
    client_id: Line
    client_secret: Secret
    label: Annotated[Line | None, Field(max_length=50, description="On the button; the kind's name unless said")] = None
    issuer: Annotated[str | None, Field(max_length=500, description="The kind's own unless said")] = None
    hosts: Annotated[tuple[Host, ...], Field(max_length=10, description="Asked too, besides the issuer's")] = ()
    sends_nonce: YesOrNo | None = None
    takes_pkce: YesOrNo | None = None
    proves_addresses: YesOrNo = True


class ReplaceSecret(Body):
    client_secret: Secret


class ProviderView(View):
    id: str
    version: int
    kind: SignInProviderKind
    label: str
    issuer: str
    hosts: tuple[str, ...]
    client_id: str
    sends_nonce: bool
    takes_pkce: bool
    proves_addresses: bool
    enabled: bool
    added_at: Instant


@providers.get("", response_model=Page[ProviderView], dependencies=[STAFF])
async def list_providers(identity: Data) -> Page[ProviderView]:
    """List all, by name; all on one page."""
    found = await identity.providers.find({})
    return Page(items=[ProviderView.model_validate(provider) for provider in found], next_cursor=None)


@providers.post("", status_code=201, response_model=ProviderView, dependencies=[STAFF])
async def add_provider(command: AddProvider, by: FreshFactor, identity: Data, now: Now) -> Provider:
    """Take a provider's word from now on; the secret is sealed and never shown."""
    told = command.model_dump()
    told["secret"] = told.pop("client_secret")
    return await identity.as_staff(by, partial(identity.providers.take, **told, by=by, at=now))


@providers.post("/{id}/enable", response_model=ProviderView, dependencies=[STAFF])
async def enable_provider(id: str, by: FreshFactor, identity: Data, now: Now) -> Provider:
    return await identity.as_staff(by, partial(identity.providers.change, id, decisions.enable, by=by, at=now))


@providers.post("/{id}/disable", response_model=ProviderView, dependencies=[STAFF])
async def disable_provider(id: str, by: FreshFactor, identity: Data, now: Now) -> Provider:
    """Take its word no more; what people linked stays linked."""
    return await identity.as_staff(by, partial(identity.providers.change, id, decisions.disable, by=by, at=now))


@providers.post("/{id}/replace-secret", response_model=ProviderView, dependencies=[STAFF])
async def replace_secret(id: str, command: ReplaceSecret, by: FreshFactor, identity: Data, now: Now) -> Provider:
    change = partial(identity.providers.replace_secret, id, command.client_secret, by=by, at=now)
    return await identity.as_staff(by, change)
