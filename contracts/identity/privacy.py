"""What somebody wants to see of all that is kept of them, or to have erased."""

from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId, ExportId
from contracts.time import Instant


class ErasureEvent(Event):
    """Whether an account is going to be erased."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "erasure"

    id: AccountId
    due_at: Instant
    """When it is, unless the person changes their mind."""


class ErasureRequested(ErasureEvent):
    """The person wants to be erased."""

    type: Literal["erasure.requested.v1"] = "erasure.requested.v1"


class ErasurePostponed(ErasureEvent):
    """It was due, and something that money or others hang on stood in its way."""

    type: Literal["erasure.postponed.v1"] = "erasure.postponed.v1"


class ErasureWithdrawn(ErasureEvent):
    """The person changed their mind and stays."""

    type: Literal["erasure.withdrawn.v1"] = "erasure.withdrawn.v1"


class ErasureCompleted(ErasureEvent):
    """Identity has erased the person, and told the others."""

    type: Literal["erasure.completed.v1"] = "erasure.completed.v1"


class ExportEvent(Event):
    """A person's own data, put together for them."""

    source: ClassVar[str] = "identity"
    topic: ClassVar[str] = "identity.events"
    noun: ClassVar[str] = "export"

    id: ExportId
    account_id: AccountId


class ExportRequested(ExportEvent):
    """A person asked for all their data: every service tells its part, sealed so that only identity opens it."""

    type: Literal["export.requested.v1"] = "export.requested.v1"
    seal_key: str
    """A public key, as a JWK in JSON; the private one is destroyed once the export is there."""


class ExportCompleted(ExportEvent):
    """All parts are there, and the document is."""

    type: Literal["export.completed.v1"] = "export.completed.v1"


class ExportExpired(ExportEvent):
    """The document is gone."""

    type: Literal["export.expired.v1"] = "export.expired.v1"
