"""Form fields and query parameters, read strictly: each once, few, short, plain UTF-8 text."""

import unicodedata
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

MOST_FIELDS: Final = 64
MOST_BYTES: Final = 16 * 1024
FORM: Final = "application/x-www-form-urlencoded"


class NotReadable(ValueError):
    """The parameters cannot be read; the text says why, in plain ASCII."""


async def of_query(request: Request) -> dict[str, str]:
    return read(request.scope["query_string"])


async def of_form(request: Request) -> dict[str, str]:
    """Read a form's body, and no more of it than allowed."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise NotReadable(f"Send a body of the type {FORM}.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            break
    return read(body)


def read(raw: bytes) -> dict[str, str]:
    """Give the parameters; one without a value counts as not sent (RFC 6749, 3.1). Raises `NotReadable`."""
    if len(raw) > MOST_BYTES:
        raise NotReadable(f"At most {MOST_BYTES} bytes of parameters are read.")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError:
        raise NotReadable(f"Send at most {MOST_FIELDS} parameters, percent-encoded UTF-8.") from None
    return {name: value for name, value in _once(pairs).items() if value}


def _once(pairs: list[tuple[str, str]]) -> Mapping[str, str]:
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise NotReadable("A parameter is there more than once.")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name + value):
            raise NotReadable("A parameter contains a control character.")
        parameters[name] = value
    return parameters
