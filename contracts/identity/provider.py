"""Other sign-ins, and the accounts linked to them."""

from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId


class SignInProviderKind(StrEnum):
    OPENID = "openid"
    """Any OpenID Connect issuer, by discovery."""
    GOOGLE = "google"
    LINKEDIN = "linkedin"
    GITHUB = "github"
    """OAuth 2.0 alone; also GitHub Enterprise Server."""


class SignInProviderEvent(Event):
    """Somebody else whose sign-in is taken here; never with the secret that we share."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "sign-in-provider"

    id: str
    kind: SignInProviderKind
    label: str
    issuer: str
    enabled: bool


class SignInProviderAdded(SignInProviderEvent):
    """Operators or staff set it up."""

    type: Literal["sign-in-provider.added.v1"] = "sign-in-provider.added.v1"


class SignInProviderChanged(SignInProviderEvent):
    """It was enabled or disabled, or its secret replaced."""

    type: Literal["sign-in-provider.changed.v1"] = "sign-in-provider.changed.v1"


class SignInLinkEvent(Event):
    """At whom else a person can sign in to their account; never as whom there."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "sign-in-link"

    id: AccountId
    providers: tuple[str, ...]
    """Those linked now."""


class SignInLinkAdded(SignInLinkEvent):
    """A further provider opens the account."""

    type: Literal["sign-in-link.added.v1"] = "sign-in-link.added.v1"


class SignInLinkRemoved(SignInLinkEvent):
    """One of them opens it no more."""

    type: Literal["sign-in-link.removed.v1"] = "sign-in-link.removed.v1"
