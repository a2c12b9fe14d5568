"""At whom else one can sign in, over the JSON interface; linking itself takes a browser."""

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.http import By, Now, View, router
from services.chassis.paging import Page
from services.identity.api.mfa import ProveOwner, Token
from services.identity.dependencies import Data
from services.identity.domain.sign_in_link import SignInLinks
from services.identity.proving import require_owner

links = router("/v1/me/links", "me")


class LinkView(View):
    provider: str
    label: str
    name: str
    """What one is called there."""
    linked_at: Instant


class LinksView(View):
    id: AccountId
    version: int
    providers: tuple[str, ...]


@links.get("", response_model=Page[LinkView])
async def list_links(by: By, identity: Data) -> Page[LinkView]:
    """List the identities at third parties that open one's account; all on one page."""
    found = (await identity.sign_in_links.of(AccountId(by.id))).identities
    labels = {provider.id: provider.label for provider in await identity.providers.find({})}
    items = [LinkView(**one.model_dump(), label=labels.get(one.provider, one.provider)) for one in found]
    return Page(items=items, next_cursor=None)


@links.delete("/{provider}", response_model=LinksView)
async def unlink(
    provider: str, by: By, token: Token, identity: Data, now: Now, command: ProveOwner | None = None
) -> SignInLinks:
    """Let it open the account no more; the last way in stays."""
    id, password = AccountId(by.id), command.password if command else None
    await require_owner(identity, id, password=password, signed_in_at=token.signed_in_at, at=now)
    return await identity.sign_in_links.unlink(id, provider, at=now)
