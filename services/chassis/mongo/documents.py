"""What a document is, in Python and as BSON."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions, TypeRegistry
from bson.raw_bson import RawBSONDocument

Document = dict[str, Any]
Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]


def _date_as_text(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored.")


OPTIONS: Final[CodecOptions[Document]] = CodecOptions(
    tz_aware=True, type_registry=TypeRegistry(fallback_encoder=_date_as_text)
)
RAW: Final = CodecOptions(document_class=RawBSONDocument)


def to_bson(document: Document) -> bytes:
    return bson.encode(document, codec_options=OPTIONS)


def from_bson(document: bytes) -> Document:
    """Read a document. Raises `ValueError`."""
    try:
        return bson.decode(document, OPTIONS)
    except bson.errors.BSONError as error:
        raise ValueError(str(error)) from None
