"""A query made up to be wrong counts against an answer only if it is wrong still once it is written."""

from types import SimpleNamespace
from typing import Final

import pytest
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from tests.fuzz.fuzzing import is_right_as_sent

ASKED: Final = {
    "word": {"type": "array", "items": {"type": "string"}},
    "limit": {"type": "integer", "maximum": 100},
    "paid": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
}


def case(*places: ParameterLocation, required: str = "") -> SimpleNamespace:
    parameters = [
        {"name": name, "in": "query", "schema": schema, "required": name == required} for name, schema in ASKED.items()
    ]
    get = {"parameters": parameters, "responses": {"200": {"description": "It is."}}}
    document = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": {"/things": {"get": get}}}
    found = next(iter(schemathesis.openapi.from_dict(document).get_all_operations()))
    assert isinstance(found, Ok)
    wrong = {place: SimpleNamespace(mode=GenerationMode.NEGATIVE) for place in places}
    return SimpleNamespace(operation=found.ok(), meta=SimpleNamespace(components=wrong))


@pytest.mark.parametrize("query", ["word=-24142", "word=a&word=b", "limit=5", "paid=true", ""])
def test_what_was_written_is_right(query: str):
    assert is_right_as_sent(case(ParameterLocation.QUERY), f"http://localhost/things?{query}")


@pytest.mark.parametrize("query", ["limit=abc", "limit=1000", "paid=yes", "unknown=1", "word=a&limit=x"])
def test_what_was_written_is_wrong(query: str):
    assert not is_right_as_sent(case(ParameterLocation.QUERY), f"http://localhost/things?{query}")


def test_what_is_missing_or_wrong_elsewhere_stays_wrong():
    assert not is_right_as_sent(case(ParameterLocation.QUERY, required="limit"), "http://localhost/things?word=a")
    assert not is_right_as_sent(case(ParameterLocation.QUERY, ParameterLocation.BODY), "http://localhost/things?word=a")
