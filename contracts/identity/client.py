"""Applications that people sign in to, the keys that sign for them, and who agreed to what."""

from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId


class ClientEvent(Event):
    """An application that may send people here to sign in; never its secrets."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "client"

    id: str
    name: str
    first_party: bool
    """Nobody is asked for consent to it."""


class ClientRegistered(ClientEvent):
    """Staff or an operator made a client known."""

    type: Literal["client.registered.v1"] = "client.registered.v1"


class ClientEdited(ClientEvent):
    """Its name, addresses or keys were changed."""

    type: Literal["client.edited.v1"] = "client.edited.v1"


class ClientSecretRotated(ClientEvent):
    """It was given a new secret."""

    type: Literal["client-secret.rotated.v1"] = "client-secret.rotated.v1"


class ClientDeleted(ClientEvent):
    """It is known no more, and what people had let it have is over."""

    type: Literal["client.deleted.v1"] = "client.deleted.v1"


class SigningKeysRotated(Event):
    """New keys to sign tokens with were made; they are used as soon as everybody can know them."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "signing-keys"

    type: Literal["signing-keys.rotated.v1"] = "signing-keys.rotated.v1"
    id: str
    at_once: bool
    """The keys before are good no more: one of them may be known to somebody."""


class ConsentEvent(Event):
    """What a person lets an application of somebody else do; `id` names the two of them."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "consent"

    id: str
    account_id: AccountId
    client_id: str
    scopes: tuple[str, ...]
    """All that it may now."""


class ConsentGiven(ConsentEvent):
    """The person said yes to what the application asked."""

    type: Literal["consent.given.v1"] = "consent.given.v1"


class ConsentWithdrawn(ConsentEvent):
    """The person took the access back; everything the application was given is over."""

    type: Literal["consent.withdrawn.v1"] = "consent.withdrawn.v1"
