"""What identity holds on a person, collection by collection: told to them on request, and gone with them.

A collection that is in neither of the two lists fails a test: whoever adds one says here what becomes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.ids import AccountId
from services.chassis.mongo import Database, Document


@dataclass(frozen=True)
class Holding:
    """A collection whose documents belong to one person each."""

    collection: str
    owner: str = "_id"
    """The field that says to whom."""
    tells: Mapping[str, int] | None = None
    """What the export tells of a document, as a projection of the store: never a secret, not even sealed or hashed."""


HOLDINGS: Final = (
    Holding("accounts", tells={"password": 0, "suspended_because": 0, "version": 0, "sequence": 0, "pos": 0}),
    Holding("people", tells={"version": 0, "sequence": 0, "pos": 0}),
    Holding("mentee_profiles"),
    Holding("mentor_profiles"),
    Holding("portfolios"),
    Holding("demographics"),
    Holding("listed_mentees"),
    Holding("listed_mentors"),
    Holding("sign_in_links", tells={"identities.provider": 1, "identities.linked_at": 1}),
    Holding("consents", "account_id", {"_id": 0, "client_id": 1, "scopes": 1, "given_at": 1}),
    Holding("farewells", "account_id"),
    Holding("waiting_addresses", "account_id"),
    Holding("second_factors", tells={"app.added_at": 1, "passkeys.name": 1, "passkeys.added_at": 1}),
    Holding("sessions", "account_id", {"_id": 0, "signed_in_at": 1, "seen_at": 1, "ends_at": 1, "amr": 1}),
    Holding("grants", "account_id", {"_id": 0, "client_id": 1, "scope": 1, "granted_at": 1, "revoked_at": 1}),
    Holding("links", "account_id"),
)
IMPERSONAL: Final = frozenset(
    {
        "clients",
        "assertions",
        "machine_grants",
        "devices",
        "key_rotations",
        "providers",
        "pending_sign_ins",
        "arrivals",
        "files",
        "contents.files",
        "contents.chunks",
        "codes",
        "refresh_tokens",
        "challenges",
        "keys",
        "locks",
        "tries",
        "ended_sessions",
        "erasures",
        "exports",
        "export_pieces",
        "errands",
        "mails",
        "idempotency",
        "rates",
        "known_mentorships",
        "known_stipends",
        "known_projects",
        "documents.files",
        "documents.chunks",
        "inbox",
        "waiting",
        "outbox",
        "audit",
        "audit_heads",
        "leases",
        "pauses",
        "clusters",
    }
)
"""These hold ids and hashes, run out within a day, or are emptied by name where somebody is erased."""


async def told(database: Database, id: AccountId) -> dict[str, Any]:
    """Give what is told of a person, by collection."""
    found: dict[str, Any] = {}
    for holding in HOLDINGS:
        if holding.tells is not None:
            rows = await database[holding.collection].find({holding.owner: id}, fields=holding.tells)
            found[holding.collection] = [_plain(row) for row in rows]
    return found


async def forget(database: Database, id: AccountId) -> None:
    for holding in HOLDINGS:
        await database[holding.collection].delete({holding.owner: id})


def _plain(row: Document) -> Document:
    """Call the id what it is; leave out what only the store can read."""
    id = {"id": row["_id"]} if "_id" in row else {}
    return id | {name: value for name, value in row.items() if name != "_id" and not isinstance(value, bytes)}
