"""What a person has linked to their account to sign in with: identities at third parties."""

from datetime import datetime
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict

from contracts.identity import SignInLinkAdded, SignInLinkRemoved
from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotFound


class LinkNotFound(NotFound):
    """This provider is not linked to the account."""


class LinkThere(Conflict):
    """Another identity at this provider is linked already."""


class IdentityTaken(Conflict):
    """It is linked to another account."""


class LastWayIn(Conflict):
    """Without it nobody could sign in to the account."""


class ExternalIdentity(BaseModel):
    """Who somebody is elsewhere: the issuer and its subject, and never an address, tell one from another."""

    model_config = ConfigDict(frozen=True)

    provider: str
    issuer: str
    subject: str
    name: str
    """What it is called there, for its owner to know it by."""
    linked_at: Instant

    def is_same(self, other: Self) -> bool:
        return (self.issuer, self.subject) == (other.issuer, other.subject)


class SignInLinks(Aggregate):
    """Its id is the account's; version 0 is the empty one that nobody has saved."""

    concerns: ClassVar = ("id",)

    id: AccountId
    version: int = 0
    identities: tuple[ExternalIdentity, ...] = ()

    @property
    def providers(self) -> tuple[str, ...]:
        return tuple(identity.provider for identity in self.identities)


def add(links: SignInLinks, *, identity: ExternalIdentity, by: Actor, at: datetime) -> Change[SignInLinks]:
    if any(identity.is_same(known) for known in links.identities):
        return Change(links)
    if identity.provider in links.providers:
        raise LinkThere(f"Another account of {identity.provider} is linked already. Unlink that one first.")
    linked = links.evolve(identities=(*links.identities, identity))
    return linked.tell(SignInLinkAdded, by=by, at=at, providers=linked.providers)


def remove(
    links: SignInLinks, *, provider: str, ways: frozenset[str], has_password: bool, by: Actor, at: datetime
) -> Change[SignInLinks]:
    """Unlink it. `ways` are the providers whose word is taken at present."""
    if provider not in links.providers:
        raise LinkNotFound(f"No account of {provider[:50]!r} is linked to yours.")
    left = tuple(identity for identity in links.identities if identity.provider != provider)
    if not has_password and not any(identity.provider in ways for identity in left):
        raise LastWayIn("Nothing else opens your account. Take a password first, by the link for a forgotten one.")
    unlinked = links.evolve(identities=left)
    return unlinked.tell(SignInLinkRemoved, by=by, at=at, providers=unlinked.providers)
