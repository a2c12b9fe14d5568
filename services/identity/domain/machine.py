"""What a client was given for itself, with nobody signed in: who it is, and that it may, until a token runs out."""

from datetime import datetime

from contracts.time import Instant
from services.identity.domain.client import Client
from services.identity.domain.grant import ACCESS_LIFE
from services.identity.domain.record import Record


class MachineGrant(Record):
    """Kept so that introspection and revocation know of it."""

    client_id: str
    scope: str
    resource: str
    granted_at: Instant
    ends_at: Instant
    revoked_at: Instant | None = None

    def is_alive(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.ends_at


def begin(id: str, *, client: Client, scope: str, resource: str, at: datetime) -> MachineGrant:
    ends_at = at + ACCESS_LIFE
    return MachineGrant(id=id, client_id=client.id, scope=scope, resource=resource, granted_at=at, ends_at=ends_at)
