"""What a service's OpenAPI document says beyond what FastAPI reads off its routes.

Conditions and keys (which a route honours without naming them), problems, and of each call an example that was once
sent and answered: `api/examples.json` of each service, written down by `python -m tests.contract.calls`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from services.chassis.problems import PROBLEM_JSON, problem_schemas

LICENSE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    kind: {
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "description": f"{whose}; `type` is the address of a page that says what it means",
    }
    for kind, whose in {"4XX": "The request cannot be granted", "5XX": "The platform cannot answer now"}.items()
}
"""What every route may answer instead."""


def _header(name: str, says: str, *, required: bool = False, **more: Any) -> dict[str, Any]:
    schema = {"type": "string", **more}
    return {"name": name, "in": "header", "required": required, "description": says, "schema": schema}


KEYS: Final[Mapping[str, str]] = {
    "answered again": "Names this very request: sent again within 24 hours it is not done again, but answered again.",
    "shown once": "Names this very request: sent again within 24 hours it is not done again, but refused (409), for "
    "what it answers is shown once.",
    "done again": "Not needed: sent again it changes nothing more, and is answered anew.",
}
"""What becomes of a repeated POST, by what its route declares."""
IF_MATCH: Final = _header("If-Match", "The ETag that you know; 412 where the resource has another by now.")
IF_NONE_MATCH: Final = _header("If-None-Match", "The ETag that you know; 304 without a body while it is the same.")
TAG: Final = {"description": "Tells this state of the resource from every other.", "schema": {"type": "string"}}
NOT_MODIFIED: Final = {"description": "It is still as `If-None-Match` says."}


def a_file(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Describe an answer that is a file of one of these types, streamed."""
    content = {media: {"schema": {"type": "string"}} for media in media_types}
    return {200: {"content": content, "description": "The whole file."}}


def conditions(methods: set[str], path: str, *, whole: bool, key: str, key_required: bool) -> dict[str, Any]:
    """Say which headers a route honours; `whole` is an answer that is made before it is sent."""
    if "GET" in methods:
        known = {"200": {"headers": {"ETag": TAG}}, "304": NOT_MODIFIED}
        return {"parameters": [IF_NONE_MATCH], "responses": known} if whole else {}
    named = _header("Idempotency-Key", key, required=key_required, minLength=1, maxLength=255)
    asked = [named] if "POST" in methods else []
    return {"parameters": [*asked, *([IF_MATCH] if "POST" not in methods or "{" in path else [])]}


class Documented(FastAPI):
    """An application that tells of itself more than its routes say."""

    def __init__(self, *, examples: Path, **more: Any) -> None:
        super().__init__(**more)
        self._examples = examples

    def openapi(self) -> dict[str, Any]:
        before = self.openapi_schema
        document = super().openapi()
        if document is not before:
            document["components"]["schemas"] |= problem_schemas()
            _leave_out_empty_defaults(document["components"]["schemas"])
            _illustrate(document, json.loads(self._examples.read_text()) if self._examples.exists() else {})
            self.openapi_schema = _named(document)
        return self.openapi_schema or document


def _leave_out_empty_defaults(schemas: Mapping[str, Any]) -> None:
    """An empty text stands for what was left out, and cannot be sent: who sent every default would be refused."""
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if field.get("default") == "":
                del field["default"]


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """Name a page after what it is a page of: `Page_ThingView_` is a `ThingPage`."""
    said = re.sub(r"\bPage_(\w+?)(?:View)?_(?=\")", r"\1Page", json.dumps(document))
    named: dict[str, Any] = json.loads(re.sub(r"\bPage\[(\w+?)(?:View)?\](?=\")", r"\1Page", said))
    return named


def _illustrate(document: Mapping[str, Any], examples: Mapping[str, Mapping[str, Any]]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            example = examples.get(f"{method.upper()} {path}", {})
            for status, answer in example.get("answers", {}).items():
                _put(operation["responses"].get(status, {}), answer)
            if "request" in example:
                _put(operation.get("requestBody", {}), example["request"])


def _put(place: Mapping[str, Any], example: Any) -> None:
    said: Sequence[str] = [kind for kind in place.get("content", {}) if kind.endswith("json")]
    for kind in said:
        place["content"][kind]["example"] = example
