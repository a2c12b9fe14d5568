"""Consent: what a person lets a client do in their name, remembered for each client until they take it back."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from contracts.identity import ConsentGiven, ConsentWithdrawn
from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.domain import Actor, Aggregate, Change, NotFound


class ConsentNotFound(NotFound):
    """The application has no access that could be taken back."""


class Consent(Aggregate):
    """Version 0 is the empty one that nobody has saved."""

    concerns: ClassVar = ("account_id",)

    version: int = 0
    account_id: AccountId
    client_id: str
    scopes: tuple[str, ...] = ()
    given_at: Instant | None = None
    used_at: Instant | None = None
    """When the client last began a grant under it."""

    def covers(self, scope: str) -> bool:
        """Say whether all of this was allowed; nothing at all never is."""
        return bool(self.scopes) and set(scope.split()) <= set(self.scopes)

    def was_given_since(self, at: datetime) -> bool:
        return self.given_at is not None and self.given_at >= at


def consent_id(account_id: AccountId, client_id: str) -> str:
    return f"{account_id}.{client_id}"


def nothing_yet(account_id: AccountId, client_id: str) -> Consent:
    return Consent(id=consent_id(account_id, client_id), account_id=account_id, client_id=client_id)


def give(consent: Consent, *, scopes: Iterable[str], by: Actor, at: datetime) -> Change[Consent]:
    """Allow this on top of what was allowed before."""
    allowed = tuple(dict.fromkeys((*consent.scopes, *scopes)))
    return consent.evolve(scopes=allowed, given_at=at).tell(ConsentGiven, by=by, at=at)


def withdraw(consent: Consent, *, had_grants: bool, by: Actor, at: datetime) -> Change[Consent]:
    """Take everything back. `had_grants` says whether the client was given anything that went on, asked or not."""
    if not consent.scopes and not had_grants:
        raise ConsentNotFound("This application has no access to your account.")
    return consent.evolve(scopes=(), given_at=None, used_at=None).tell(ConsentWithdrawn, by=by, at=at)


def must_be_asked(consent: Consent, scope: str, *, first_party: bool, explicitly: datetime | None) -> bool:
    """Say whether the person has to be asked. `explicitly`: the client insists on a yes given since then."""
    if explicitly is not None:
        return not (consent.covers(scope) and consent.was_given_since(explicitly))
    return not first_party and not consent.covers(scope)
