"""Instants: aware, in UTC, whole milliseconds, so that the store, the bus and HTTP keep the very same value."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer, WithJsonSchema


def in_utc(instant: datetime) -> datetime:
    """Give the same instant in UTC, cut to milliseconds (what MongoDB keeps)."""
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def written(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with `Z`, always of one length, so that text sorts as time does."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    AwareDatetime,
    AfterValidator(in_utc),
    PlainSerializer(written, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
