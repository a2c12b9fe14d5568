"""What a request may say: nothing that its route does not name (no mass assignment), and no object where text is meant
(no operator of the store)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from contracts.catalog import SERVICES
from services.chassis import said
from services.chassis.http import Body
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


def request_models(model: type[Body] = Body) -> Iterator[type[Body]]:
    for more in model.__subclasses__():
        yield more
        yield from request_models(more)


def read_into(schema: Any, where: str, guarded: bool = False) -> Iterator[str]:
    """Name every place of pydantic's own schema where something else is read as a number, a choice or a time."""
    if isinstance(schema, Mapping):
        guarded = guarded or said.__name__ == getattr(_function(schema), "__module__", "")
        loose = schema.get("type") in ("int", "float", "bool", "date", "datetime") and not schema.get("strict")
        if loose and not guarded:
            yield where
        for name, inside in schema.items():
            if name not in ("metadata", "serialization", "default"):
                yield from read_into(inside, f"{where}.{name}", guarded)
    elif isinstance(schema, list | tuple):
        for inside in schema:
            yield from read_into(inside, where, guarded)


def _function(schema: Schema) -> Any:
    return schema["function"].get("function") if isinstance(schema.get("function"), Mapping) else None


@pytest.mark.parametrize("model", sorted(set(request_models()), key=str), ids=lambda model: model.__name__)
def test_a_body_is_taken_as_json_says_it(model: type[Body]):
    assert list(read_into(model.__pydantic_core_schema__, model.__name__)) == []
