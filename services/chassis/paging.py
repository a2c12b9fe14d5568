"""Lists in pages: a limit, an opaque cursor, newest first."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict

from services.chassis.domain import Refusal


class Malformed(Refusal):
    """The request itself cannot be read."""


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Some of a list, and where the rest begins."""

    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)

    items: Sequence[T]
    next_cursor: str | None

    @classmethod
    def of(cls, rows: Sequence[Any], request: "PageRequest") -> "Page[Any]":
        """Make a page out of one row more than asked for, which only says that there is more."""
        items = rows[: request.limit]
        return Page(items=items, next_cursor=PageRequest.cursor_at(items[-1].id) if len(rows) > len(items) else None)


@dataclass(frozen=True)
class PageRequest:
    limit: int
    before: str | None

    def narrow(self, where: Mapping[str, Any]) -> dict[str, Any]:
        return {**where, "_id": {"$lt": self.before}} if self.before else dict(where)

    @staticmethod
    def cursor_at(id: str) -> str:
        return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")

    @classmethod
    def of(
        cls,
        limit: Annotated[int, Query(ge=1, le=100, description="At most so many items")] = 20,
        cursor: Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before")] = None,
    ) -> Self:
        if cursor is None:
            return cls(limit, None)
        try:
            return cls(limit, base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode())
        except (binascii.Error, ValueError):
            raise Malformed(f"The cursor {cursor!r} is none of ours. Take next_cursor of the page before.") from None


Paging = Annotated[PageRequest, Depends(PageRequest.of)]
