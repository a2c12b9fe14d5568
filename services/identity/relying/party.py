"""The way to a provider and back: who began where, and whose word came back."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Final, Protocol

from contracts.identity import SignInProviderKind
from contracts.ids import AccountId
from services.identity.domain.provider import Provider
from services.identity.domain.sign_in_link import ExternalIdentity
from services.identity.relying import github
from services.identity.relying.going import Going, Proved
from services.identity.relying.openid import OpenId
from services.identity.relying.outgoing import wrong
from services.identity.store import Identity
from services.identity.store.travelers import PendingSignIn


class Road(Protocol):
    """How one kind of provider is asked; both raise `ProviderAway`, `ProviderWrong`."""

    def leave(self, provider: Provider, going: Going) -> Awaitable[str]: ...

    def come_back(
        self, provider: Provider, secret: str, going: Going, answer: Mapping[str, str], at: datetime
    ) -> Awaitable[Proved]: ...


_OPENID: Final = OpenId()
ROADS: Final[Mapping[SignInProviderKind, Road]] = {
    SignInProviderKind.OPENID: _OPENID,
    SignInProviderKind.GOOGLE: _OPENID,
    SignInProviderKind.LINKEDIN: _OPENID,
    SignInProviderKind.GITHUB: github,
}


class SignInDeclined(Exception):
    """The provider came back without proof: the person said no, or it did."""

    def __init__(self, provider: Provider, pending: PendingSignIn) -> None:
        super().__init__(provider.id)
        self.provider, self.pending = provider, pending


async def leave(
    identity: Identity,
    id: str,
    *,
    site: str,
    browser: str,
    rest: str | None,
    account_id: AccountId | None,
    at: datetime,
) -> str:
    """Say where the person is sent. Raises `ProviderNotFound`, `ProviderAway`, `ProviderWrong`."""
    provider = await identity.providers.enabled_one(id)
    going = Going.to(_callback(site, id))
    place = await ROADS[provider.kind].leave(provider, going)
    await identity.travelers.set_out(id, going, browser=browser, rest=rest, account_id=account_id, at=at)
    return place


async def come_back(
    identity: Identity, id: str, answer: Mapping[str, str], *, site: str, browser: str, at: datetime
) -> tuple[PendingSignIn, ExternalIdentity, Proved]:
    """Take what the provider sends back, once.

    Raises `ProviderNotFound`, `NotOnTheWay`, `SignInDeclined`, `ProviderAway`, `ProviderWrong`.
    """
    provider = await identity.providers.enabled_one(id)
    state = answer.get("state", "")
    pending, going = await identity.travelers.come_back(id, state, _callback(site, id), browser=browser, at=at)
    if "error" in answer:
        raise SignInDeclined(provider, pending)
    if "code" not in answer:
        raise wrong(provider, "neither code nor error")
    secret = identity.providers.secret_of(provider)
    proved = await ROADS[provider.kind].come_back(provider, secret, going, answer, at)
    issuer, subject = provider.issuer, proved.subject
    return (
        pending,
        ExternalIdentity(provider=id, issuer=issuer, subject=subject, name=proved.called, linked_at=at),
        proved,
    )


def _callback(site: str, id: str) -> str:
    return f"{site}/sign-in/{id}/callback"
