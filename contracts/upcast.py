"""Old versions of events, lifted to the newest where they are read, so that handlers know only that one.

No event has a second version yet. When one gets it, its old class goes and a line comes: the topics, the service's own
log and `contracts/examples` hold the old version for ever, and all three are read through here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Content = dict[str, Any]
Lift = Callable[[Content], Content]

UPCASTS: Final[dict[str, tuple[str, Lift]]] = {}
"""By the old version's name: the next one's, and how the content of the one becomes that of the other."""


def newest(type_: str, upcasts: Mapping[str, tuple[str, Lift]] = UPCASTS) -> str:
    """Name the version that handlers know."""
    while type_ in upcasts:
        type_, _ = upcasts[type_]
    return type_


def lifted(content: Content, upcasts: Mapping[str, tuple[str, Lift]] = UPCASTS) -> Content:
    """Give the content as the newest version would have said it, its `type` included."""
    while content["type"] in upcasts:
        type_, lift = upcasts[content["type"]]
        content = lift(content) | {"type": type_}
    return content
