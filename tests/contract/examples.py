"""An example of every event version, kept for ever as the bytes that were once on the wire."""

from pathlib import Path
from typing import Any, Final

from contracts.catalog import EVENTS
from contracts.event import Event
from tests.contract.test_compatibility import schema_of

EXAMPLES: Final = Path(__file__).parents[2] / "contracts" / "examples"
TEXTS: Final = {
    "date-time": "2026-03-01T12:00:00.000Z",
    "date": "2026-03-01",
    "^[A-Z]{3}$": "USD",
    "^[A-Z]{2}$": "DE",
}
"""By format or pattern."""

NAMED = {
    "seal_key": '{"crv":"P-256","kty":"EC","x":"N-rpVm_59RQdtUBl5WBdQxF6_EaXsVxPfH2gRT6KCRA",'
    '"y":"_S1RNzgdOKzkZ7RvZvJ7rM5t9ZECf6HtBSel5rJ6JGM"}'
}
"""Texts that readers take apart."""


def example(event: type[Event]) -> bytes:
    """Write one as its writer would, every field filled."""
    schema = schema_of(event, "validation")
    return event.model_validate(_object(schema, schema)).model_dump_json().encode()


def _object(part: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(name, field, whole) for name, field in part["properties"].items()}


def _value(name: str, part: dict[str, Any], whole: dict[str, Any]) -> Any:
    if "$ref" in part:
        return _value(name, whole["$defs"][part["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in part:
        return _value(name, part["anyOf"][0], whole)
    if "const" in part or "enum" in part:
        return part.get("const", part.get("enum", [None])[0])
    return _of_type(name, part, whole)


def _of_type(name: str, part: dict[str, Any], whole: dict[str, Any]) -> Any:
    match part["type"]:
        case "object":
            return (
                _object(part, whole)
                if "properties" in part
                else {name: _value(name, part["additionalProperties"], whole)}
            )
        case "array":
            return [_value(name, part["items"] if "items" in part else part["prefixItems"][0], whole)]
        case "integer" | "number":
            return max(1, part.get("minimum", 1))
        case "boolean":
            return True
        case _:
            known = NAMED.get(name) or TEXTS.get(part.get("format", part.get("pattern", "")))
            return known or _id_or_words(name)


def _id_or_words(name: str) -> str:
    return "01a209d1-0009-7b23-8958-d0498f44f1a6" if name in {"id", "by"} or name.endswith("_id") else f"the {name}"


def record() -> None:
    """Write those that are not there yet; what is there stays as it is, for ever."""
    EXAMPLES.mkdir(exist_ok=True)
    for type_, event in EVENTS.items():
        place = EXAMPLES / f"{type_}.json"
        if not place.exists():
            place.write_bytes(example(event))
