"""What a request may say: nothing that its route does not name (no mass assignment), and no object where text is meant
(no operator of the store)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from contracts.catalog import SERVICES
from tests.contract.readers import BUILT

Schema = Mapping[str, Any]
MAPS: Final = {"SaveDraft.answers", "ApplyToTerm.answers", "RecordEvaluation.answers"}
"""Texts under names that the asker chooses."""
OPEN: Final = {
    "CreateClient.jwks",
    "EditClient.jwks",
    "/v1/payments/callbacks/sandbox",
    "/v1/payments/callbacks/stripe",
}
"""Keys in a format of others', read by their library; and what providers sign, which is read as a whole."""


def bodies(service: str) -> Iterator[tuple[str, Schema, Schema]]:
    """Give the schema of each JSON body, by its path, and the whole document."""
    document = BUILT[service].app().openapi()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    yield path, content["schema"], document


def objects(where: str, schema: Schema, document: Schema, above: frozenset[str] = frozenset()) -> Iterator[Any]:
    """Give every object that may stand in a schema, and whatever is not said to be anything."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name not in above:
            yield from objects(name, document["components"]["schemas"][name], document, above | {name})
        return
    if schema.get("type") == "object" or not schema.keys() & {"type", "anyOf", "oneOf", "allOf", "enum", "const"}:
        yield where, schema
    for name, field in schema.get("properties", {}).items():
        yield from objects(f"{where}.{name}", field, document, above)
    for inside in [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]:
        yield from objects(f"{where}[]", inside, document, above)
    for inside in [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, ())]:
        yield from objects(where, inside, document, above)


@pytest.mark.parametrize("service", SERVICES)
def test_a_body_says_nothing_that_its_route_does_not_name(service: str):
    for path, body, document in bodies(service):
        for where, schema in objects(path, body, document):
            more = schema.get("additionalProperties", True)
            if where in MAPS:
                assert more["type"] == "string", where
            elif where not in OPEN:
                assert (schema.get("type"), more) == ("object", False), where


def test_every_exception_is_one():
    found = {
        where
        for service in SERVICES
        for path, body, document in bodies(service)
        for where, schema in objects(path, body, document)
        if schema.get("additionalProperties", True) is not False
    }
    assert found == MAPS | OPEN
