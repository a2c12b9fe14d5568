"""The OpenAPI documents as the code makes them now, and what one of their schemas has against a value."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema

from tests.architecture.test_rooms import built

JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """A call that a document describes."""

    service: str
    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def request(self) -> Mapping[str, Any]:
        """What is said of a body in JSON; nothing where there is none."""
        return self.described.get("requestBody", {}).get("content", {}).get(JSON) or {}

    @property
    def answers(self) -> dict[str, Mapping[str, Any]]:
        """What is said of each good answer in JSON, by status."""
        good = {status: said for status, said in self.described["responses"].items() if status.startswith("2")}
        return {status: said["content"][JSON] for status, said in good.items() if JSON in said.get("content", {})}

    def headers(self) -> dict[str, Mapping[str, Any]]:
        return {said["name"]: said for said in self.described.get("parameters", ()) if said["in"] == "header"}


@cache
def document_of(service: str) -> dict[str, Any]:
    """Make the document as a running service shows it."""
    document: dict[str, Any] = json.loads(json.dumps(built(service).app().openapi()))
    return document


def operations(service: str) -> Iterator[Operation]:
    """Give every call of the interface: all that is under /v1."""
    for path, item in document_of(service)["paths"].items():
        if path.startswith("/v1/"):
            for method, described in item.items():
                yield Operation(service, method.upper(), path, described)


def faults(service: str, schema: Mapping[str, Any], value: Any) -> list[str]:
    """Say what the schema has against the value."""
    whole = {**schema, "components": document_of(service)["components"]}
    found = jsonschema.Draft202012Validator(whole).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]
