"""What identity keeps for itself and tells nobody of, and how a secret is kept: only as its hash."""

import hashlib

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A document that no event speaks of."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str


def digest(secret: str) -> str:
    """Give the id under which a random secret is kept; it is long enough to need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()
