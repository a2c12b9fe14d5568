"""Form fields and query parameters, read strictly: few, short, plain UTF-8 text, and all but one of them once."""

import unicodedata
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

MOST_FIELDS: Final = 64
MOST_BYTES: Final = 16 * 1024
REPEATED: Final = {"resource"}
"""May be there several times (RFC 8707, 2); given as one text with spaces between, which no address contains."""
FORM: Final = "application/x-www-form-urlencoded"


class NotReadable(ValueError):
    """The parameters cannot be read; the text says why, in plain ASCII."""


async def of_query(request: Request) -> dict[str, str]:
    return read(request.scope["query_string"])


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


async def of_form(request: Request, most: int = MOST_BYTES, *, lines: bool = False) -> dict[str, str]:
    """Read a form's body, and no more of it than allowed; with text of several lines where `lines` says so."""
    if not is_form(request):
        raise NotReadable(f"Send a body of the type {FORM}.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            break
    return read(body, most, lines=lines)


def read(raw: bytes, most: int = MOST_BYTES, *, lines: bool = False) -> dict[str, str]:
    """Give the parameters; one without a value counts as not sent (RFC 6749, 3.1). Raises `NotReadable`."""
    if len(raw) > most:
        raise NotReadable(f"At most {most} bytes of parameters are read.")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError:
        raise NotReadable(f"Send at most {MOST_FIELDS} parameters, percent-encoded UTF-8.") from None
    return {name: value for name, value in _once(pairs, "\r\n\t" if lines else "").items() if value}


def _once(pairs: list[tuple[str, str]], allowed: str) -> Mapping[str, str]:
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters and name not in REPEATED:
            raise NotReadable("A parameter is there more than once.")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in {*name, *value} - {*allowed}):
            raise NotReadable("A parameter contains a control character.")
        parameters[name] = f"{parameters[name]} {value}" if name in parameters else value
    return parameters
