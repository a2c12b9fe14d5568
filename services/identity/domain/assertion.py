"""A signed statement by which a client proved itself once (RFC 7523)."""

from contracts.time import Instant
from services.identity.domain.record import Record, digest


class Assertion(Record):
    """Its id is made of the client and the statement's `jti`; kept for as long as the statement would hold."""

    forget_at: Instant


def assertion_id(client_id: str, jti: str) -> str:
    return digest(f"{client_id}\n{jti}")
