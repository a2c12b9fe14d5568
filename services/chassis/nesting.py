"""How deep a body may be nested: looked at before it is parsed, since parsers and validators go as deep as it does."""

import re
from typing import Final

from services.chassis.paging import Malformed

DEEPEST: Final = 32
_TEXT_OR_BRACKET: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)


def refuse_nested(body: bytes) -> None:
    """Raise `Malformed` where arrays and objects are deeper than any of ours."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(body):
        first = body[found.start()]
        depth += (first in b"[{") - (first in b"]}")
        if depth > DEEPEST:
            raise Malformed(f"The body is nested over {DEEPEST} deep.")
